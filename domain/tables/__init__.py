"""All tables, a file a topic. They stand together because foreign keys cross topics."""

from sqlmodel import SQLModel

from domain.tables import (
    accounts,
    attendance,
    connections,
    duos,
    gatherings,
    handovers,
    inbox,
    invitations,
    keys,
    kudos,
    ledger,
    matching,
    messaging,
    notifications,
    ops,
    payments,
    profiles,
    ratings,
    refunds,
    safety,
    schedules,
    support,
    users,
)

metadata = SQLModel.metadata

__all__ = [
    "accounts",
    "attendance",
    "connections",
    "duos",
    "gatherings",
    "handovers",
    "inbox",
    "invitations",
    "keys",
    "kudos",
    "ledger",
    "matching",
    "messaging",
    "metadata",
    "notifications",
    "ops",
    "payments",
    "profiles",
    "ratings",
    "refunds",
    "safety",
    "schedules",
    "support",
    "users",
]
