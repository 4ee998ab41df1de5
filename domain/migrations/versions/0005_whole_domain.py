"""The whole domain: profiles, safety, duos, messaging and support."""

from collections.abc import Sequence

import pgvector.sqlalchemy
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make the tables; `users` gets columns, one of them computed, so its rows are rewritten."""
    _keys()
    _people()
    _profiles()
    _safety()
    _duos()
    _messaging()
    _support()


def downgrade() -> None:
    """Migrations only go forward; an old version runs on the new tables."""
    raise NotImplementedError


def _keys() -> None:
    op.create_table(
        "personal_keys",
        sa.Column("person", sa.Uuid(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=True),
        sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("person", name=op.f("personal_keys_pkey")),
    )
    op.create_index(
        "event_facts_collaborators_idx",
        "event_facts",
        [sa.text("(data -> 'collaborators')")],
        postgresql_using="gin",
        postgresql_where=sa.text("data ? 'collaborators'"),
    )


def _people() -> None:
    op.create_table(
        "connection_facts",
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column(
            "data", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("connected_user_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connected_user_id"],
            ["users.id"],
            name=op.f("connection_facts_connected_user_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("connection_facts_event_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("connection_facts_owner_id_fkey")
        ),
        sa.PrimaryKeyConstraint(
            "owner_id",
            "connected_user_id",
            "event_id",
            "source",
            "id",
            name=op.f("connection_facts_pkey"),
        ),
    )
    _count_kudos()
    op.create_index("connection_facts_event_id_idx", "connection_facts", ["event_id"], unique=False)
    op.add_column("users", sa.Column("interests", postgresql.JSONB(), nullable=True))
    op.add_column(
        "users",
        sa.Column(
            "search_document",
            postgresql.TSVECTOR(),
            sa.Computed(
                "setweight(to_tsvector('english'::regconfig, coalesce(career, '')), 'A') || setweight(to_tsvector('english'::regconfig, coalesce(interests, '[]'::jsonb)), 'B') || setweight(to_tsvector('english'::regconfig, coalesce(mood, '')), 'C')",
                persisted=True,
            ),
            nullable=True,
        ),
    )
    op.add_column("users", sa.Column("stripe_subscription_id", sa.String(), nullable=True))
    op.add_column("users", sa.Column("presence_time", sa.DateTime(timezone=True), nullable=True))
    op.add_column("users", sa.Column("presence_id", sa.String(), nullable=True))
    op.add_column("users", sa.Column("presence_source", sa.String(), nullable=True))
    op.create_index(
        "users_search_document_idx",
        "users",
        ["search_document"],
        unique=False,
        postgresql_using="gin",
        postgresql_where=sa.text("status = 'active'"),
    )


def _count_kudos() -> None:
    for name in ("kudos_count", "kudos_givers"):
        op.add_column(
            "user_internal_metrics",
            sa.Column(name, sa.Integer(), server_default="0", nullable=False),
        )
    op.execute(
        """
        UPDATE user_internal_metrics AS kept
        SET kudos_count = heap.kudos, kudos_givers = heap.givers
        FROM (
            SELECT receiver_id, count(*) AS kudos, count(DISTINCT giver_id) AS givers
            FROM attendee_kudos WHERE counts GROUP BY receiver_id
        ) AS heap
        WHERE heap.receiver_id = kept.user_id
        """
    )
    op.add_column(
        "user_internal_metrics",
        sa.Column(
            "is_widely_thanked",
            sa.Boolean(),
            sa.Computed("kudos_count >= 10 AND kudos_givers >= 5", persisted=True),
            nullable=False,
        ),
    )


def _profiles() -> None:
    op.create_table(
        "interests",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("vector", pgvector.sqlalchemy.vector.VECTOR(dim=384), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("interests_pkey")),
        sa.UniqueConstraint("name", name=op.f("interests_name_key")),
    )
    op.create_table(
        "face_card_unlocks",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("customization", sa.String(), nullable=False),
        sa.Column("notified", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("face_card_unlocks_user_id_fkey")
        ),
        sa.PrimaryKeyConstraint("user_id", "customization", name=op.f("face_card_unlocks_pkey")),
    )
    op.create_table(
        "host_photos",
        sa.Column("stamp_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stamp_id", sa.String(), nullable=True),
        sa.Column("stamp_source", sa.String(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("host_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("photo_type", sa.Text(), nullable=False),
        sa.Column("caption", sa.String(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "photo_type IN ('logo', 'venue', 'promotional')",
            name=op.f("host_photos_photo_type_check"),
        ),
        sa.ForeignKeyConstraint(["host_id"], ["users.id"], name=op.f("host_photos_host_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("host_photos_pkey")),
    )
    op.create_index("host_photos_host_id_idx", "host_photos", ["host_id"], unique=False)
    op.create_table(
        "profile_interests",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("interest_id", sa.Integer(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["interest_id"], ["interests.id"], name=op.f("profile_interests_interest_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("profile_interests_user_id_fkey")
        ),
        sa.PrimaryKeyConstraint("user_id", "interest_id", name=op.f("profile_interests_pkey")),
    )
    op.create_index(
        op.f("profile_interests_interest_id_idx"),
        "profile_interests",
        ["interest_id"],
        unique=False,
    )
    op.create_table(
        "profile_likes",
        sa.Column("liker_id", sa.Uuid(), nullable=False),
        sa.Column("liked_id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["liked_id"], ["users.id"], name=op.f("profile_likes_liked_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["liker_id"], ["users.id"], name=op.f("profile_likes_liker_id_fkey")
        ),
        sa.PrimaryKeyConstraint("liker_id", "liked_id", name=op.f("profile_likes_pkey")),
    )
    op.create_index(op.f("profile_likes_liked_id_idx"), "profile_likes", ["liked_id"], unique=False)
    op.create_table(
        "profile_photos",
        sa.Column("stamp_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stamp_id", sa.String(), nullable=True),
        sa.Column("stamp_source", sa.String(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("is_authentic", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("authentic_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("profile_photos_user_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("profile_photos_pkey")),
    )
    op.create_index("profile_photos_user_id_idx", "profile_photos", ["user_id"], unique=False)
    op.create_table(
        "push_notification_tokens",
        sa.Column("stamp_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stamp_id", sa.String(), nullable=True),
        sa.Column("stamp_source", sa.String(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_reason", sa.String(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "platform IN ('ios', 'android')", name=op.f("push_notification_tokens_platform_check")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("push_notification_tokens_user_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("push_notification_tokens_pkey")),
        sa.UniqueConstraint("token", name=op.f("push_notification_tokens_token_key")),
    )
    op.create_index(
        "push_notification_tokens_user_id_idx",
        "push_notification_tokens",
        ["user_id"],
        unique=False,
    )
    op.create_table(
        "social_connections",
        sa.Column("sharer_id", sa.Uuid(), nullable=False),
        sa.Column("receiver_id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("shared_url", sa.String(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["receiver_id"], ["users.id"], name=op.f("social_connections_receiver_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["sharer_id"], ["users.id"], name=op.f("social_connections_sharer_id_fkey")
        ),
        sa.PrimaryKeyConstraint(
            "sharer_id", "receiver_id", "platform", name=op.f("social_connections_pkey")
        ),
    )
    op.create_index(
        op.f("social_connections_receiver_id_idx"),
        "social_connections",
        ["receiver_id"],
        unique=False,
    )
    op.create_table(
        "user_interest_vectors",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("vector", pgvector.sqlalchemy.vector.VECTOR(dim=384), nullable=False),
        sa.Column("vector_type", sa.Text(), nullable=False),
        sa.Column("persona_name", sa.String(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "vector_type IN ('positive_v1', 'negative_v1', 'persona_v1')",
            name=op.f("user_interest_vectors_vector_type_check"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("user_interest_vectors_user_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("user_interest_vectors_pkey")),
        sa.UniqueConstraint(
            "user_id",
            "vector_type",
            "persona_name",
            name=op.f("user_interest_vectors_user_id_vector_type_persona_name_key"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "user_social_links",
        sa.Column("stamp_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stamp_id", sa.String(), nullable=True),
        sa.Column("stamp_source", sa.String(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column(
            "is_public_on_host_profile",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("user_social_links_user_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("user_social_links_pkey")),
    )
    op.create_index("user_social_links_user_id_idx", "user_social_links", ["user_id"], unique=False)
    _push_token_facts()


def _push_token_facts() -> None:
    op.create_table(
        "push_token_facts",
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column(
            "data", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("push_token_facts_user_id_fkey")
        ),
        sa.PrimaryKeyConstraint("token_hash", "source", "id", name=op.f("push_token_facts_pkey")),
    )
    op.create_index("push_token_facts_user_id_idx", "push_token_facts", ["user_id"], unique=False)
    op.create_index("push_token_facts_token_id_idx", "push_token_facts", ["token_id"], unique=False)


def _safety() -> None:
    op.create_table(
        "block_facts",
        sa.Column("blocker_id", sa.Uuid(), nullable=False),
        sa.Column("blocked_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("blocks", sa.Boolean(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["blocked_id"], ["users.id"], name=op.f("block_facts_blocked_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["blocker_id"], ["users.id"], name=op.f("block_facts_blocker_id_fkey")
        ),
        sa.PrimaryKeyConstraint(
            "blocker_id", "blocked_id", "source", "id", name=op.f("block_facts_pkey")
        ),
    )
    op.create_index("block_facts_blocked_id_idx", "block_facts", ["blocked_id"], unique=False)
    op.create_table(
        "blocked_users",
        sa.Column("blocker_id", sa.Uuid(), nullable=False),
        sa.Column("blocked_id", sa.Uuid(), nullable=False),
        sa.Column("blocked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unblocked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["blocked_id"], ["users.id"], name=op.f("blocked_users_blocked_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["blocker_id"], ["users.id"], name=op.f("blocked_users_blocker_id_fkey")
        ),
        sa.PrimaryKeyConstraint("blocker_id", "blocked_id", name=op.f("blocked_users_pkey")),
    )
    op.create_index(
        "blocked_users_blocked_id_blocker_id_idx",
        "blocked_users",
        ["blocked_id", "blocker_id"],
        unique=False,
    )
    op.create_table(
        "host_reliability_log",
        sa.Column("host_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("action_type", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("metadata", postgresql.JSONB(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "action_type IN ('cancelled', 'cancelled_late')",
            name=op.f("host_reliability_log_action_type_check"),
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("host_reliability_log_event_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["host_id"], ["users.id"], name=op.f("host_reliability_log_host_id_fkey")
        ),
        sa.PrimaryKeyConstraint("host_id", "event_id", name=op.f("host_reliability_log_pkey")),
    )
    op.create_table(
        "host_flags",
        sa.Column("host_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("flagged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "reason IN ('cancellations', 'ratings')", name=op.f("host_flags_reason_check")
        ),
        sa.ForeignKeyConstraint(["host_id"], ["users.id"], name=op.f("host_flags_host_id_fkey")),
        sa.PrimaryKeyConstraint("host_id", "reason", "flagged_at", name=op.f("host_flags_pkey")),
    )
    op.create_table(
        "reports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reporter_id", sa.Uuid(), nullable=False),
        sa.Column("reported_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("photo_id", sa.Uuid(), nullable=True),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("comments", sa.String(), nullable=False),
        sa.Column("status", sa.Text(), server_default="new", nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "status IN ('new', 'under_review', 'resolved')", name=op.f("reports_status_check")
        ),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("reports_event_id_fkey")),
        sa.ForeignKeyConstraint(
            ["reported_id"], ["users.id"], name=op.f("reports_reported_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["reporter_id"], ["users.id"], name=op.f("reports_reporter_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("reports_pkey")),
    )
    op.create_index("reports_reported_id_idx", "reports", ["reported_id"], unique=False)
    op.create_table(
        "report_facts",
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column(
            "data", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("report_facts_report_id_fkey")
        ),
        sa.PrimaryKeyConstraint("report_id", "source", "id", name=op.f("report_facts_pkey")),
    )


def _duos() -> None:
    op.create_table(
        "duos",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), server_default="pending", nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("open_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'active', 'completed', 'expired', 'declined')",
            name=op.f("duos_status_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("duos_pkey")),
    )
    op.create_table(
        "duo_facts",
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column(
            "data", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("duo_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["duo_id"], ["duos.id"], name=op.f("duo_facts_duo_id_fkey")),
        sa.PrimaryKeyConstraint("duo_id", "source", "id", name=op.f("duo_facts_pkey")),
    )
    op.create_table(
        "duo_participants",
        sa.Column("duo_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "role IN ('initiator', 'participant')", name=op.f("duo_participants_role_check")
        ),
        sa.ForeignKeyConstraint(["duo_id"], ["duos.id"], name=op.f("duo_participants_duo_id_fkey")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("duo_participants_user_id_fkey")
        ),
        sa.PrimaryKeyConstraint("duo_id", "user_id", name=op.f("duo_participants_pkey")),
    )
    op.create_index(
        op.f("duo_participants_user_id_idx"), "duo_participants", ["user_id"], unique=False
    )
    op.create_index(op.f("invitations_duo_id_idx"), "invitations", ["duo_id"], unique=False)


def _messaging() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_low", sa.Uuid(), nullable=False),
        sa.Column("user_high", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_message_id", sa.Uuid(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("user_low < user_high", name=op.f("conversations_pair_check")),
        sa.PrimaryKeyConstraint("id", name=op.f("conversations_pkey")),
        sa.UniqueConstraint(
            "user_low", "user_high", name=op.f("conversations_user_low_user_high_key")
        ),
    )
    op.create_table(
        "conversation_participants",
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("conversation_participants_conversation_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("conversation_participants_user_id_fkey")
        ),
        sa.PrimaryKeyConstraint(
            "conversation_id", "user_id", name=op.f("conversation_participants_pkey")
        ),
    )
    op.create_index(
        "conversation_participants_user_id_conversation_id_idx",
        "conversation_participants",
        ["user_id", "conversation_id"],
        unique=False,
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("sender_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("type", sa.Text(), server_default="text", nullable=False),
        sa.Column("storage_id", sa.String(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stamp_id", sa.String(), nullable=True),
        sa.Column("stamp_source", sa.String(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("type IN ('text', 'image')", name=op.f("messages_type_check")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("messages_conversation_id_fkey")
        ),
        sa.ForeignKeyConstraint(["sender_id"], ["users.id"], name=op.f("messages_sender_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("messages_pkey")),
    )
    op.create_index(
        "messages_conversation_id_sent_at_id_idx",
        "messages",
        ["conversation_id", "sent_at", "id"],
        unique=False,
    )
    op.create_table(
        "event_photos",
        sa.Column("stamp_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stamp_id", sa.String(), nullable=True),
        sa.Column("stamp_source", sa.String(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("uploader_id", sa.Uuid(), nullable=False),
        sa.Column("image_url", sa.String(), nullable=False),
        sa.Column("status", sa.Text(), server_default="visible", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "status IN ('visible', 'hidden_by_host', 'pending_review')",
            name=op.f("event_photos_status_check"),
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("event_photos_event_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["uploader_id"], ["users.id"], name=op.f("event_photos_uploader_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("event_photos_pkey")),
    )
    op.create_index(
        "event_photos_event_id_stamp_time_id_idx",
        "event_photos",
        ["event_id", "stamp_time", "id"],
        unique=False,
    )
    op.create_table(
        "event_posts",
        sa.Column("stamp_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stamp_id", sa.String(), nullable=True),
        sa.Column("stamp_source", sa.String(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("event_posts_event_id_fkey")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("event_posts_user_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("event_posts_pkey")),
    )
    op.create_index(
        "event_posts_event_id_stamp_time_id_idx",
        "event_posts",
        ["event_id", "stamp_time", "id"],
        unique=False,
    )
    op.create_table(
        "event_photo_facts",
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column(
            "data", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("photo_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["event_photos.id"], name=op.f("event_photo_facts_photo_id_fkey")
        ),
        sa.PrimaryKeyConstraint("photo_id", "source", "id", name=op.f("event_photo_facts_pkey")),
    )


def _support() -> None:
    op.create_table(
        "support_tickets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "ticket_number", sa.BigInteger(), sa.Identity(always=False, start=1001), nullable=False
        ),
        sa.Column("submitter_id", sa.Uuid(), nullable=False),
        sa.Column("reply_to_email", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("status", sa.Text(), server_default="new", nullable=False),
        sa.Column("associated_event_id", sa.Uuid(), nullable=True),
        sa.Column("associated_payment_id", sa.Uuid(), nullable=True),
        sa.Column("metadata", postgresql.JSONB(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "status IN ('new', 'open', 'resolved', 'closed')",
            name=op.f("support_tickets_status_check"),
        ),
        sa.ForeignKeyConstraint(
            ["submitter_id"], ["users.id"], name=op.f("support_tickets_submitter_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("support_tickets_pkey")),
        sa.UniqueConstraint("ticket_number", name=op.f("support_tickets_ticket_number_key")),
    )
    op.create_index(
        op.f("support_tickets_submitter_id_idx"), "support_tickets", ["submitter_id"], unique=False
    )
    op.create_table(
        "ticket_facts",
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column(
            "data", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["support_tickets.id"], name=op.f("ticket_facts_ticket_id_fkey")
        ),
        sa.PrimaryKeyConstraint("ticket_id", "source", "id", name=op.f("ticket_facts_pkey")),
    )
