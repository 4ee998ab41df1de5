"""The list of what is dead or has failed: where, how often, why, since when; no payloads."""

from typing import Final

from markupsafe import Markup

from dashboard.pages.layout import NOTHING, joined
from dashboard.standing import TROUBLES_SHOWN, Trouble
from dashboard.words import count, duration

_LIST: Final = Markup('<ol class="troubles">\n{items}</ol>{more}')
_ITEM: Final = Markup("""\
<li>
<p class="what"><span class="state {tone}">{state}</span> <b>{handler}</b> \
<span class="seq">#{seq}</span></p>
<p class="when">{tries} · {age}</p>
<p class="error">{error}</p>
</li>
""")
_MORE: Final = Markup(
    '<p class="hint">The latest {number}; <code>momento dead list</code> has all.</p>'
)
_NONE: Final = Markup('<p class="empty">Nothing is dead and nothing has failed.</p>')
_TONES: Final = {"dead": "bad", "failed": "late"}


def troubles(found: tuple[Trouble, ...]) -> Markup:
    """The list, or that there is nothing to list."""
    if not found:
        return _NONE
    more = _MORE.format(number=TROUBLES_SHOWN) if len(found) == TROUBLES_SHOWN else NOTHING
    return _LIST.format(items=joined(map(_item, found)), more=more)


def _item(trouble: Trouble) -> Markup:
    return _ITEM.format(
        state=trouble.state,
        tone=_TONES.get(trouble.state, "plain"),
        handler=trouble.handler,
        seq=trouble.seq,
        tries=_tries(trouble),
        age=_age(trouble),
        error=trouble.error or "No reason was kept.",
    )


def _tries(trouble: Trouble) -> str:
    tries = count(trouble.attempts, "attempt", "attempts")
    deaths = count(trouble.deaths, "process lost", "processes lost")
    return f"{tries}, {deaths}" if trouble.deaths else tries


def _age(trouble: Trouble) -> str:
    if trouble.next_try_s is None:
        return f"dead for {duration(trouble.age_s)}"
    next_try = f"again in {duration(trouble.next_try_s)}" if trouble.next_try_s else "due now"
    return f"{duration(trouble.age_s)} old, {next_try}"
