"""All tables, a file a topic. They stand together because foreign keys cross topics."""

from sqlmodel import SQLModel

from domain.tables import (
    accounts,
    attendance,
    connections,
    gatherings,
    invitations,
    kudos,
    ledger,
    payments,
    ratings,
    users,
)

metadata = SQLModel.metadata

__all__ = [
    "accounts",
    "attendance",
    "connections",
    "gatherings",
    "invitations",
    "kudos",
    "ledger",
    "metadata",
    "payments",
    "ratings",
    "users",
]
