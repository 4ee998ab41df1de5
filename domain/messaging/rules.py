"""Who may talk to whom. Pure."""

from collections.abc import Mapping

from domain.verdict import Deferred, Rejected, Verdict

Pair = tuple[str, str]

_BLOCKED = Rejected("blocked", "one of the two blocks the other")
_NOT_ATTENDED = Rejected("not_attended", "the two never came to the same event")


def judge_identity(
    conversation: str, pair: Pair, *, by_id: Mapping[str, Pair], by_pair: Mapping[Pair, str]
) -> Rejected | None:
    """Refuse a second conversation of a pair, and an id under which others talk."""
    if by_id.get(conversation, pair) != pair:
        return Rejected("id_taken", "two others talk under this conversation_id")
    if by_pair.get(pair, conversation) != conversation:
        return Rejected("already_started", "these two have a conversation already")
    return None


def judge_start(*, blocked: bool, met: bool, awaits: str) -> Verdict | None:
    """Refuse a conversation across a block; one of people who haven't met yet waits for that."""
    if blocked:
        return _BLOCKED
    return None if met else Deferred(awaits, otherwise=_NOT_ATTENDED)


def judge_message(sender: str, pair: Pair, *, blocked: bool) -> Rejected | None:
    """Refuse what a stranger says, and what is said across a block."""
    if sender not in pair:
        return Rejected("not_a_participant", "the sender is not one of the two who talk")
    return _BLOCKED if blocked else None
