"""All tables, a file a topic. They stand together because foreign keys cross topics."""

from sqlmodel import SQLModel

from domain.tables import (
    accounts,
    attendance,
    connections,
    duos,
    figures,
    gatherings,
    handovers,
    inbox,
    invitations,
    kudos,
    ledger,
    matching,
    messaging,
    notifications,
    payments,
    profiles,
    ratings,
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
    "figures",
    "gatherings",
    "handovers",
    "inbox",
    "invitations",
    "kudos",
    "ledger",
    "matching",
    "messaging",
    "metadata",
    "notifications",
    "payments",
    "profiles",
    "ratings",
    "safety",
    "schedules",
    "support",
    "users",
]
