"""Indexes by which erasing somebody finds what they left."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TRACES = (
    ("messages", "sender_id"),
    ("event_posts", "user_id"),
    ("event_photos", "uploader_id"),
    ("ratings", "rater_id"),
    ("rating_facts", "rater_id"),
    ("reports", "reporter_id"),
    ("connections", "connected_user_id"),
    ("embeddings", "target"),
)


def upgrade() -> None:
    """Make them; helpers are mostly no users, so that one leaves out most rows."""
    for table, person in TRACES:
        op.create_index(f"{table}_{person}_idx", table, [person])
    op.create_index(
        "event_collaborators_user_id_idx",
        "event_collaborators",
        ["user_id"],
        postgresql_where=sa.text("user_id IS NOT NULL"),
    )
