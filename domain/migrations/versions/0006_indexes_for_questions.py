"""Indexes for what is asked of the data, and a person's events in order."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make the indexes; three old ones go, each for a new one that begins with the same column.

    An old worker that runs beside this leaves attendance.ends_at empty in the rows that it makes.
    It is filled when the event is completed at the latest: attendance is settled anew then.
    """
    _attendance()
    _gatherings()
    op.create_index(
        "invitations_open_idx",
        "invitations",
        ["user_id"],
        postgresql_where=sa.text("status IN ('sent', 'payment_failed', 'pending_reconfirmation')"),
    )
    op.create_index(
        "ratings_comments_idx",
        "ratings",
        ["host_id", "rated_at", "id"],
        postgresql_where=sa.text("counts AND comment IS NOT NULL"),
    )
    op.drop_index("ratings_host_id_idx", table_name="ratings")
    op.create_index(
        "connections_memory_book_idx",
        "connections",
        ["owner_id", "created_at", "connected_user_id", "event_id"],
    )


def downgrade() -> None:
    """Migrations only go forward; an old version runs on the new tables."""
    raise NotImplementedError


def _attendance() -> None:
    op.add_column("attendance", sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE attendance SET ends_at = events.ends_at"
        " FROM events WHERE events.id = attendance.event_id"
    )
    op.create_index(
        "attendance_user_id_ends_at_event_id_idx", "attendance", ["user_id", "ends_at", "event_id"]
    )
    op.drop_index("attendance_user_id_idx", table_name="attendance")
    op.create_index(
        "attendance_showcased_idx",
        "attendance",
        ["user_id", "ends_at", "event_id"],
        postgresql_where=sa.text("is_showcased"),
    )


def _gatherings() -> None:
    op.create_index("events_host_id_starts_at_id_idx", "events", ["host_id", "starts_at", "id"])
    op.drop_index("events_host_id_idx", table_name="events")
    op.create_index(
        "event_itinerary_stops_location_id_start_time_idx",
        "event_itinerary_stops",
        ["location_id", "start_time"],
    )
    op.create_index(
        "locations_point_idx",
        "locations",
        [sa.text("point(longitude, latitude)")],
        postgresql_using="gist",
    )
