"""Notifications: what people are told, each thing once on each channel; and looks, the same."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Make the table and its indexes."""
    op.create_table(
        "notifications",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column(
            "params",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("dedupe_key", sa.String(), nullable=False),
        sa.Column("thread", sa.String(), nullable=True),
        sa.Column("caused_by", sa.Uuid(), nullable=True),
        sa.Column("status", sa.Text(), server_default="scheduled", nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        _instant("send_after"),
        _instant("expires_at"),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provider_id", sa.String(), nullable=True),
        sa.Column("segments", sa.SmallInteger(), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("domain_event_id", sa.BigInteger(), nullable=False),
        _now("created_at"),
        _now("updated_at"),
        *_checks(),
        sa.PrimaryKeyConstraint("id", name=op.f("notifications_pkey")),
        sa.UniqueConstraint(
            "user_id",
            "dedupe_key",
            "channel",
            name=op.f("notifications_user_id_dedupe_key_channel_key"),
        ),
    )
    _indexes()
    op.create_table(
        "face_card_notices",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("customization", sa.String(), nullable=False),
        _now("created_at"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("face_card_notices_user_id_fkey")
        ),
        sa.PrimaryKeyConstraint("user_id", "customization", name=op.f("face_card_notices_pkey")),
    )


def downgrade() -> None:
    """Migrations only go forward; an old version runs on the new tables."""
    raise NotImplementedError


def _checks() -> list[sa.CheckConstraint]:
    return [
        sa.CheckConstraint(
            "category IN ('sms_invitations', 'sms_reminders', 'push_event_invitations', 'push_event_updates', 'push_event_reminders', 'push_direct_messages', 'push_social', 'push_account_and_safety', 'email_account_and_safety')",
            name=op.f("notifications_category_check"),
        ),
        sa.CheckConstraint(
            "template IN ('invitation', 'invitation_ends_soon', 'seat_confirmed', 'guest_confirmed', 'seat_refused', 'payment_failed', 'payment_refunded', 'plan_changed', 'event_cancelled', 'starts_tomorrow', 'starts_soon', 'event_completed', 'event_finalized', 'kudos', 'message', 'event_post', 'duo_proposed', 'duo_accepted', 'duo_ends_soon', 'connection_mutual', 'report_filed', 'report_resolved', 'suspended', 'badge_ends_soon', 'subscription_ends_soon', 'ticket_updated')",
            name=op.f("notifications_template_check"),
        ),
        sa.CheckConstraint(
            "channel IN ('push', 'sms', 'email')", name=op.f("notifications_channel_check")
        ),
        sa.CheckConstraint(
            "status IN ('scheduled', 'sending', 'sent', 'delivered', 'failed', 'suppressed', 'expired', 'unknown')",
            name=op.f("notifications_status_check"),
        ),
    ]


def _indexes() -> None:
    op.create_index(
        "notifications_thread_key",
        "notifications",
        ["user_id", "thread", "channel"],
        unique=True,
        postgresql_where=sa.text("status = 'scheduled' AND attempts = 0 AND thread IS NOT NULL"),
    )
    op.create_index(
        "notifications_due_idx",
        "notifications",
        ["channel", "send_after", "id"],
        postgresql_where=sa.text("status = 'scheduled'"),
    )
    op.create_index(
        "notifications_in_hand_idx",
        "notifications",
        ["channel", "updated_at"],
        postgresql_where=sa.text("status IN ('sending', 'unknown')"),
    )
    op.create_index("notifications_domain_event_id_idx", "notifications", ["domain_event_id"])
    op.create_index("notifications_created_at_idx", "notifications", ["created_at"])


def _instant(name: str) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _now(name: str) -> sa.Column[datetime]:
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )
