"""The ledger and the tables of the spine."""

from collections.abc import Sequence

import pgvector.sqlalchemy
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """The ledger and the tables of the spine."""
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("types", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("api_keys_pkey")),
        sa.UniqueConstraint("key_hash", name=op.f("api_keys_key_hash_key")),
    )
    op.create_table(
        "attendee_kudos",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("giver_id", sa.Uuid(), nullable=False),
        sa.Column("receiver_id", sa.Uuid(), nullable=False),
        sa.Column("kudo", sa.Text(), nullable=False),
        sa.Column("counts", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "given_times",
            sa.ARRAY(sa.DateTime(timezone=True)),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "kudo IN ('great_listener', 'welcoming_vibe', 'great_conversation', 'made_me_laugh', 'inspiring', 'thoughtful', 'great_energy', 'helpful')",
            name=op.f("attendee_kudos_kudo_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("attendee_kudos_pkey")),
        sa.UniqueConstraint(
            "receiver_id",
            "giver_id",
            "event_id",
            "kudo",
            name=op.f("attendee_kudos_receiver_id_giver_id_event_id_kudo_key"),
        ),
    )
    op.create_index(
        op.f("attendee_kudos_event_id_idx"), "attendee_kudos", ["event_id"], unique=False
    )
    op.create_table(
        "deliveries",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("handler", sa.Text(collation="C"), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), server_default="pending", nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("deaths", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("looks", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("awaits", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('pending', 'done', 'rejected', 'deferred', 'failed', 'dead', 'discarded')",
            name=op.f("deliveries_state_check"),
        ),
        sa.PrimaryKeyConstraint("seq", "handler", name=op.f("deliveries_pkey")),
    )
    op.create_index(
        "deliveries_awaits_idx",
        "deliveries",
        ["awaits"],
        unique=False,
        postgresql_where=sa.text("awaits IS NOT NULL"),
    )
    op.create_index(
        "deliveries_due_idx",
        "deliveries",
        ["handler", "due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "deliveries_trouble_idx",
        "deliveries",
        ["state", "handler"],
        unique=False,
        postgresql_where=sa.text("state IN ('failed', 'dead')"),
    )
    op.create_table(
        "domain_event_keys",
        sa.Column("source", sa.Text(collation="C"), nullable=False),
        sa.Column("id", sa.Text(collation="C"), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source", "id", name=op.f("domain_event_keys_pkey")),
    )
    op.create_table(
        "domain_events",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "data",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("traceparent", sa.String(), nullable=True),
        sa.Column("actor", sa.String(), nullable=True),
        sa.Column("cause", sa.BigInteger(), nullable=True),
        sa.Column("attributes", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("seq", "received_at", name=op.f("domain_events_pkey")),
        postgresql_partition_by="RANGE (received_at)",
    )
    op.create_index(
        "domain_events_cause_idx",
        "domain_events",
        ["cause"],
        unique=False,
        postgresql_where=sa.text("cause IS NOT NULL"),
    )
    op.create_table(
        "in_hand",
        sa.Column("backend_pid", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("backend_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("handler", sa.String(), nullable=False),
        sa.Column("seqs", postgresql.INT8MULTIRANGE(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("backend_pid", "backend_start", name=op.f("in_hand_pkey")),
    )
    op.create_table(
        "locations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("google_place_id", sa.String(), nullable=True),
        sa.Column("stamp_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stamp_id", sa.String(), nullable=True),
        sa.Column("stamp_source", sa.String(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("locations_pkey")),
    )
    op.create_table(
        "outbox",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("outbox_pkey")),
    )
    op.create_table(
        "payments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("invitation_id", sa.Uuid(), nullable=True),
        sa.Column("purpose", sa.Text(), server_default="confirmation_fee", nullable=False),
        sa.Column("amount_in_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("status", sa.Text(), server_default="pending", nullable=False),
        sa.Column("stripe_payment_intent_id", sa.String(), nullable=True),
        sa.Column("stripe_charge_id", sa.String(), nullable=True),
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
            "purpose IN ('confirmation_fee', 'subscription')", name=op.f("payments_purpose_check")
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'succeeded', 'failed', 'refund_pending', 'refunded', 'disputed')",
            name=op.f("payments_status_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("payments_pkey")),
        sa.UniqueConstraint("stripe_charge_id", name=op.f("payments_stripe_charge_id_key")),
    )
    op.create_index(op.f("payments_invitation_id_idx"), "payments", ["invitation_id"], unique=False)
    op.create_index(op.f("payments_user_id_idx"), "payments", ["user_id"], unique=False)
    op.create_table(
        "refusals",
        sa.Column("thing", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("thing", name=op.f("refusals_pkey")),
    )
    op.create_table(
        "seat_decisions",
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        sa.Column("granted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("refund_reason", sa.String(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("payment_id", name=op.f("seat_decisions_pkey")),
    )
    op.create_index(
        op.f("seat_decisions_invitation_id_idx"), "seat_decisions", ["invitation_id"], unique=False
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clerk_id", sa.String(), nullable=False),
        sa.Column("phone_number", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("last_name", sa.String(), nullable=True),
        sa.Column("birth_date", sa.Date(), nullable=False),
        sa.Column("timezone", sa.String(), server_default="America/New_York", nullable=False),
        sa.Column("is_verified", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("status", sa.Text(), server_default="pending_onboarding", nullable=False),
        sa.Column("active_role", sa.Text(), server_default="social", nullable=False),
        sa.Column("last_active_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_online", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "user_number", sa.BigInteger(), sa.Identity(always=False, start=1), nullable=False
        ),
        sa.Column("payment_customer_id", sa.String(), nullable=True),
        sa.Column("min_lead_time_days", sa.Integer(), server_default="3", nullable=False),
        sa.Column(
            "availability_preferences", postgresql.JSONB(astext_type=sa.Text()), nullable=True
        ),
        sa.Column("distance_preference", sa.Integer(), server_default="25", nullable=False),
        sa.Column("price_sensitivity", sa.SmallInteger(), nullable=True),
        sa.Column(
            "person_attraction_vector", pgvector.sqlalchemy.vector.VECTOR(dim=384), nullable=True
        ),
        sa.Column("career", sa.String(), nullable=True),
        sa.Column("mood", sa.String(), nullable=True),
        sa.Column("subscription_status", sa.Text(), server_default="free", nullable=False),
        sa.Column("subscription_ends", sa.DateTime(timezone=True), nullable=True),
        sa.Column("contextual_nudges", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
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
            "active_role IN ('social', 'host')", name=op.f("users_active_role_check")
        ),
        sa.CheckConstraint(
            "status IN ('active', 'paused', 'suspended', 'verification_pending', 'banned', 'archived_for_recycling', 'pending_onboarding')",
            name=op.f("users_status_check"),
        ),
        sa.CheckConstraint(
            "subscription_status IN ('free', 'premium', 'past_due')",
            name=op.f("users_subscription_status_check"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("users_pkey")),
        sa.UniqueConstraint("clerk_id", name=op.f("users_clerk_id_key")),
        sa.UniqueConstraint("user_number", name=op.f("users_user_number_key")),
    )
    op.create_table(
        "workers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("lanes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("workers_pkey")),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("host_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("event_vector", pgvector.sqlalchemy.vector.VECTOR(dim=384), nullable=True),
        sa.Column("status", sa.Text(), server_default="draft", nullable=False),
        sa.Column("min_attendees", sa.Integer(), nullable=False),
        sa.Column("max_attendees", sa.Integer(), nullable=False),
        sa.Column("age_min", sa.Integer(), nullable=True),
        sa.Column("age_max", sa.Integer(), nullable=True),
        sa.Column("arrival_signpost", sa.String(), nullable=True),
        sa.Column("confirmation_fee", sa.Integer(), nullable=False),
        sa.Column("estimated_event_cost", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("event_summary", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finalized_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("material_changes", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("rating_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("host_rating_sum", sa.Integer(), server_default="0", nullable=False),
        sa.Column("event_rating_sum", sa.Integer(), server_default="0", nullable=False),
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
            "status IN ('draft', 'published', 'completed', 'cancelled', 'cancelled_by_host')",
            name=op.f("events_status_check"),
        ),
        sa.ForeignKeyConstraint(["host_id"], ["users.id"], name=op.f("events_host_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("events_pkey")),
    )
    op.create_index(op.f("events_host_id_idx"), "events", ["host_id"], unique=False)
    op.create_table(
        "host_profiles",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("host_type", sa.Text(), server_default="user", nullable=False),
        sa.Column("host_name", sa.String(), nullable=True),
        sa.Column("host_bio", sa.String(), nullable=True),
        sa.Column("location_id", sa.Uuid(), nullable=True),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("website_url", sa.String(), nullable=True),
        sa.Column(
            "average_rating",
            sa.Double(),
            sa.Computed("rating_sum::double precision / nullif(rating_count, 0)", persisted=True),
            nullable=True,
        ),
        sa.Column("rating_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rating_sum", sa.BigInteger(), server_default="0", nullable=False),
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
            "host_type IN ('user', 'community')", name=op.f("host_profiles_host_type_check")
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["locations.id"], name=op.f("host_profiles_location_id_fkey")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("host_profiles_user_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("host_profiles_pkey")),
        sa.UniqueConstraint("user_id", name=op.f("host_profiles_user_id_key")),
    )
    op.create_table(
        "payment_facts",
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column(
            "data",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payments.id"], name=op.f("payment_facts_payment_id_fkey")
        ),
        sa.PrimaryKeyConstraint("payment_id", "source", "id", name=op.f("payment_facts_pkey")),
    )
    op.create_table(
        "social_profiles",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("first_name", sa.String(), nullable=True),
        sa.Column("preferred_name", sa.String(), nullable=True),
        sa.Column("bio", sa.String(), nullable=True),
        sa.Column("vibe_summary", sa.String(), nullable=True),
        sa.Column("gender", sa.String(), nullable=True),
        sa.Column("pronouns", sa.String(), nullable=True),
        sa.Column("interested_in", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column("occupation", sa.String(), nullable=True),
        sa.Column("location", sa.String(), nullable=True),
        sa.Column(
            "social_profile_vector", pgvector.sqlalchemy.vector.VECTOR(dim=384), nullable=True
        ),
        sa.Column("current_photo_url", sa.String(), nullable=True),
        sa.Column("current_face_card_photo_url", sa.String(), nullable=True),
        sa.Column("face_card_source_photo_url", sa.String(), nullable=True),
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
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("social_profiles_user_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("social_profiles_pkey")),
        sa.UniqueConstraint("user_id", name=op.f("social_profiles_user_id_key")),
    )
    op.create_table(
        "user_facts",
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column(
            "data",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("user_facts_user_id_fkey")),
        sa.PrimaryKeyConstraint("user_id", "source", "id", name=op.f("user_facts_pkey")),
    )
    op.create_table(
        "user_internal_metrics",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("absentee_rating", sa.Double(), nullable=True),
        sa.Column(
            "contribution_score",
            sa.Double(),
            sa.Computed(
                "0.5 * outcomes_present + gratitude / 1099511627776::double precision",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("internal_attractiveness_rating", sa.Double(), nullable=True),
        sa.Column(
            "aggregated_kudos",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("outcomes_present", sa.Integer(), server_default="0", nullable=False),
        sa.Column("gratitude", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("user_internal_metrics_user_id_fkey")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("user_internal_metrics_pkey")),
    )
    op.create_table(
        "user_notification_settings",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("sms_invitations", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("sms_reminders", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "push_event_invitations", sa.Boolean(), server_default=sa.text("true"), nullable=False
        ),
        sa.Column(
            "push_event_updates", sa.Boolean(), server_default=sa.text("true"), nullable=False
        ),
        sa.Column(
            "push_event_reminders", sa.Boolean(), server_default=sa.text("true"), nullable=False
        ),
        sa.Column(
            "push_direct_messages", sa.Boolean(), server_default=sa.text("true"), nullable=False
        ),
        sa.Column("push_social", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "push_account_and_safety", sa.Boolean(), server_default=sa.text("true"), nullable=False
        ),
        sa.Column(
            "email_account_and_safety", sa.Boolean(), server_default=sa.text("true"), nullable=False
        ),
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
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("user_notification_settings_user_id_fkey")
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("user_notification_settings_pkey")),
    )
    op.create_table(
        "attendance_check_ins",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("checked_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("attendance_check_ins_event_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("attendance_check_ins_user_id_fkey")
        ),
        sa.PrimaryKeyConstraint(
            "event_id", "user_id", "id", "source", name=op.f("attendance_check_ins_pkey")
        ),
    )
    op.create_table(
        "attendance_reports",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("reporter_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stamp_id", sa.String(), nullable=False),
        sa.Column("stamp_source", sa.String(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "status IN ('confirmed', 'attended', 'late', 'cancelled_late', 'no_show', 'check_in_abandoned')",
            name=op.f("attendance_reports_status_check"),
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("attendance_reports_event_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["reporter_id"], ["users.id"], name=op.f("attendance_reports_reporter_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("attendance_reports_user_id_fkey")
        ),
        sa.PrimaryKeyConstraint(
            "event_id", "user_id", "reporter_id", name=op.f("attendance_reports_pkey")
        ),
    )
    op.create_table(
        "connections",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("connected_user_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("snapshot_name", sa.String(), nullable=True),
        sa.Column("snapshot_face_card_url", sa.String(), nullable=True),
        sa.Column(
            "was_photo_authentic", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
        sa.Column("is_favorite", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "wants_to_connect_again", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
        sa.Column(
            "does_not_want_to_connect_again",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
        ),
        sa.Column("private_notes", sa.String(), nullable=True),
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
        sa.ForeignKeyConstraint(
            ["connected_user_id"], ["users.id"], name=op.f("connections_connected_user_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("connections_event_id_fkey")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("connections_owner_id_fkey")),
        sa.PrimaryKeyConstraint(
            "owner_id", "connected_user_id", "event_id", name=op.f("connections_pkey")
        ),
    )
    op.create_index("connections_event_id_idx", "connections", ["event_id"], unique=False)
    op.create_table(
        "event_collaborators",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("first_name", sa.String(), nullable=True),
        sa.Column("last_name", sa.String(), nullable=True),
        sa.Column("phone_number", sa.String(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("event_collaborators_event_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("event_collaborators_user_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("event_collaborators_pkey")),
    )
    op.create_index(
        op.f("event_collaborators_event_id_idx"), "event_collaborators", ["event_id"], unique=False
    )
    op.create_table(
        "event_facts",
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column(
            "data",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("event_facts_event_id_fkey")
        ),
        sa.PrimaryKeyConstraint("event_id", "source", "id", name=op.f("event_facts_pkey")),
    )
    op.create_table(
        "event_itinerary_stops",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("order", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("start_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("event_itinerary_stops_event_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["locations.id"], name=op.f("event_itinerary_stops_location_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("event_itinerary_stops_pkey")),
        sa.UniqueConstraint(
            "event_id", "order", name=op.f("event_itinerary_stops_event_id_order_key")
        ),
    )
    op.create_table(
        "invitations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), server_default="sent", nullable=False),
        sa.Column("decline_reason", sa.Text(), nullable=True),
        sa.Column("match_reason", sa.String(), nullable=True),
        sa.Column("duo_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reconfirm_by", sa.DateTime(timezone=True), nullable=True),
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
            "decline_reason IN ('busy', 'not_interested', 'wants_variety', 'other')",
            name=op.f("invitations_decline_reason_check"),
        ),
        sa.CheckConstraint(
            "status IN ('sent', 'confirmed', 'declined', 'expired', 'payment_failed', 'pending_reconfirmation', 'cancelled_early', 'cancelled_late', 'cancelled')",
            name=op.f("invitations_status_check"),
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("invitations_event_id_fkey")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("invitations_user_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("invitations_pkey")),
        sa.UniqueConstraint("event_id", "user_id", name=op.f("invitations_event_id_user_id_key")),
    )
    op.create_index(op.f("invitations_user_id_idx"), "invitations", ["user_id"], unique=False)
    op.create_table(
        "rating_facts",
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column(
            "data",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("rater_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("rating_facts_event_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["rater_id"], ["users.id"], name=op.f("rating_facts_rater_id_fkey")
        ),
        sa.PrimaryKeyConstraint(
            "event_id", "rater_id", "source", "id", name=op.f("rating_facts_pkey")
        ),
    )
    op.create_table(
        "ratings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("rater_id", sa.Uuid(), nullable=False),
        sa.Column("host_id", sa.Uuid(), nullable=False),
        sa.Column("host_rating_value", sa.SmallInteger(), nullable=False),
        sa.Column("event_rating_value", sa.SmallInteger(), nullable=False),
        sa.Column("comment", sa.String(), nullable=True),
        sa.Column("counts", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("rated_at", sa.DateTime(timezone=True), nullable=True),
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
            "event_rating_value BETWEEN 1 AND 5", name=op.f("ratings_event_rating_value_check")
        ),
        sa.CheckConstraint(
            "host_rating_value BETWEEN 1 AND 5", name=op.f("ratings_host_rating_value_check")
        ),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("ratings_event_id_fkey")),
        sa.ForeignKeyConstraint(["host_id"], ["users.id"], name=op.f("ratings_host_id_fkey")),
        sa.ForeignKeyConstraint(["rater_id"], ["users.id"], name=op.f("ratings_rater_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("ratings_pkey")),
        sa.UniqueConstraint("event_id", "rater_id", name=op.f("ratings_event_id_rater_id_key")),
    )
    op.create_index(op.f("ratings_host_id_idx"), "ratings", ["host_id"], unique=False)
    op.create_table(
        "attendance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), server_default="confirmed", nullable=False),
        sa.Column("is_showcased", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("checked_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("check_in_latitude", sa.Double(), nullable=True),
        sa.Column("check_in_longitude", sa.Double(), nullable=True),
        sa.Column("reported_by_user_id", sa.Uuid(), nullable=True),
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
            "status IN ('confirmed', 'attended', 'late', 'cancelled_late', 'no_show', 'check_in_abandoned')",
            name=op.f("attendance_status_check"),
        ),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("attendance_event_id_fkey")),
        sa.ForeignKeyConstraint(["id"], ["invitations.id"], name=op.f("attendance_id_fkey")),
        sa.ForeignKeyConstraint(
            ["reported_by_user_id"], ["users.id"], name=op.f("attendance_reported_by_user_id_fkey")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("attendance_user_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("attendance_pkey")),
        sa.UniqueConstraint("event_id", "user_id", name=op.f("attendance_event_id_user_id_key")),
    )
    op.create_index("attendance_user_id_idx", "attendance", ["user_id"], unique=False)
    op.create_table(
        "invitation_facts",
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column(
            "data",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invitation_id"], ["invitations.id"], name=op.f("invitation_facts_invitation_id_fkey")
        ),
        sa.PrimaryKeyConstraint(
            "invitation_id", "source", "id", name=op.f("invitation_facts_pkey")
        ),
    )


def downgrade() -> None:
    """Migrations only go forward; an old version runs on the new tables."""
    raise NotImplementedError
