"""When something was first to go out, and how far what people are promised has been added up."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Add the column, which old rows leave empty, and the table, with where adding up was."""
    op.add_column("notifications", sa.Column("planned_at", sa.DateTime(timezone=True)))
    op.create_table(
        "promise_progress",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("promise_progress_pkey")),
    )
    op.execute("INSERT INTO promise_progress SELECT name, max(at) FROM promises GROUP BY name")


def downgrade() -> None:
    """Migrations only go forward; an old version runs on the new tables."""
    raise NotImplementedError
