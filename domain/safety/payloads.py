"""What a domain event about safety carries."""

from domain.payload import Payload, UserId


class UserBlocked(Payload, name="user.blocked"):
    """Somebody wants nothing more to do with somebody else."""

    blocker_id: UserId
    blocked_id: UserId


class UserUnblocked(Payload, name="user.unblocked"):
    """Somebody ended a block."""

    blocker_id: UserId
    blocked_id: UserId
