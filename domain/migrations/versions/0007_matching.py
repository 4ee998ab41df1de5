"""Matching: requests for vectors, people's places, proposals, summaries, and the indexes for it."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make the tables and indexes, and ask for the vectors of what is there already."""
    _requests()
    _derived()
    _indexes()
    _ask_for_new_profiles()
    _ask_for_likes()
    _ask_for_all()


def downgrade() -> None:
    """Migrations only go forward; an old version runs on the new tables."""
    raise NotImplementedError


def _requests() -> None:
    op.create_table(
        "matching_requests",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("cause", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        _now("created_at"),
        sa.CheckConstraint(
            "kind IN ('interest', 'event', 'profile', 'positive', 'persona', 'negative', 'attraction', 'proposals')",
            name=op.f("matching_requests_kind_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("matching_requests_pkey")),
    )
    op.create_index("matching_requests_due_idx", "matching_requests", ["kind", "due_at"])
    op.create_index("matching_requests_target_idx", "matching_requests", ["target", "kind"])
    op.create_table(
        "embeddings",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("text_hash", sa.String(), nullable=False),
        _now("updated_at"),
        sa.PrimaryKeyConstraint("kind", "target", name=op.f("embeddings_pkey")),
    )
    op.create_index("embeddings_model_idx", "embeddings", ["model"])
    op.create_table(
        "port_rests",
        sa.Column("port", sa.String(), nullable=False),
        sa.Column("failures", sa.SmallInteger(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("port", name=op.f("port_rests_pkey")),
    )


def _derived() -> None:
    op.create_table(
        "user_places",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        _now("created_at"),
        _now("updated_at"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("user_places_user_id_fkey")),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("user_places_event_id_fkey")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("user_places_pkey")),
    )
    op.create_table(
        "event_candidates",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("match_reason", sa.String(), nullable=False),
        sa.Column("duo_id", sa.Uuid(), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("event_candidates_event_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("event_candidates_user_id_fkey")
        ),
        sa.PrimaryKeyConstraint("event_id", "user_id", name=op.f("event_candidates_pkey")),
    )
    op.create_index(op.f("event_candidates_user_id_idx"), "event_candidates", ["user_id"])
    op.create_table(
        "feedback_summaries",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("comments_hash", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        _now("created_at"),
        _now("updated_at"),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("feedback_summaries_event_id_fkey")
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("feedback_summaries_pkey")),
    )
    op.create_index(
        "feedback_summaries_due_idx",
        "feedback_summaries",
        ["due_at"],
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )


def _indexes() -> None:
    op.create_index(
        "user_interest_vectors_positive_idx",
        "user_interest_vectors",
        ["vector"],
        postgresql_using="hnsw",
        postgresql_ops={"vector": "vector_cosine_ops"},
        postgresql_where=sa.text("vector_type = 'positive_v1'"),
    )
    op.create_index("events_ends_at_idx", "events", ["ends_at"])
    op.create_index(
        "connections_unwanted_idx",
        "connections",
        ["connected_user_id"],
        postgresql_where=sa.text("does_not_want_to_connect_again"),
    )
    op.create_index("users_timezone_idx", "users", ["timezone"])


def _ask_for_new_profiles() -> None:
    """A profile is made by several domain events, some of which say nothing else of it.

    Whatever makes one, what was said before of that person is now to be found there.
    """
    op.execute(
        """
        CREATE FUNCTION ask_for_profile_vectors() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO matching_requests (kind, target, due_at)
            SELECT 'profile', user_id::text, now() FROM made;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER social_profiles_made AFTER INSERT ON social_profiles
        REFERENCING NEW TABLE AS made
        FOR EACH STATEMENT EXECUTE FUNCTION ask_for_profile_vectors()
        """
    )


def _ask_for_likes() -> None:
    """Who attracts somebody changes with each like, and with those that go with a deletion.

    A deletion removes likes in its own transaction; nobody could say afterwards whose they were.
    """
    op.execute(
        """
        CREATE FUNCTION ask_for_attractions() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO matching_requests (kind, target, due_at)
            SELECT DISTINCT 'attraction', liker_id::text, now() FROM changed;
            RETURN NULL;
        END $$
        """
    )
    for change, rows in (("INSERT", "NEW"), ("DELETE", "OLD")):
        op.execute(
            f"""
            CREATE TRIGGER profile_likes_{change.lower()} AFTER {change} ON profile_likes
            REFERENCING {rows} TABLE AS changed
            FOR EACH STATEMENT EXECUTE FUNCTION ask_for_attractions()
            """
        )


def _ask_for_all() -> None:
    """What was there before has no vector yet; what has no text for one is soon put aside."""
    op.execute(
        """
        INSERT INTO matching_requests (kind, target, due_at)
        SELECT 'interest', name, now() FROM interests
        UNION ALL
        SELECT 'event', id::text, now() FROM events
        UNION ALL
        SELECT kind, id::text, now() FROM users
        CROSS JOIN unnest(ARRAY['profile', 'positive', 'persona', 'negative', 'attraction']) AS kind
        WHERE deleted_at IS NULL
        """
    )
    # The place of each person as domain/matching/places.py has it.
    op.execute(
        """
        INSERT INTO user_places (user_id, event_id, latitude, longitude)
        SELECT DISTINCT ON (seat.user_id) seat.user_id, visited.id, spot.latitude, spot.longitude
        FROM attendance AS seat
        JOIN users ON users.id = seat.user_id AND users.deleted_at IS NULL
        JOIN events AS visited ON visited.id = seat.event_id
        CROSS JOIN LATERAL (
            SELECT location_id FROM event_itinerary_stops AS stop
            WHERE stop.event_id = visited.id ORDER BY stop."order" LIMIT 1
        ) AS first_stop
        JOIN locations AS spot ON spot.id = first_stop.location_id
        WHERE seat.status IN ('attended', 'late')
        ORDER BY seat.user_id, visited.starts_at DESC, visited.id
        """
    )


def _now(name: str) -> sa.Column[datetime]:
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )
