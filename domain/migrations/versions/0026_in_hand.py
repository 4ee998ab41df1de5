"""Which deliveries a bulk operation has in hand is found beside all that operations ever had."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0026"
down_revision: str | None = "0025"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Index what operations haven't done with: a part that stays small."""
    op.create_index(
        "bulk_items_in_hand_idx",
        "bulk_items",
        ["seq", "handler"],
        postgresql_where=sa.text("result IN ('waiting', 'trying')"),
    )


def downgrade() -> None:
    """Migrations only go forward; an old version runs on the new tables."""
    raise NotImplementedError
