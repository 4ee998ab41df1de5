"""The page on how everything stands, in parts that renew themselves one by one."""

from typing import Final

from markupsafe import Markup
from starlette.responses import HTMLResponse

from dashboard.pages.layout import NOTHING, joined, page, renews_itself
from dashboard.pages.troubles import troubles
from dashboard.sessions import SignedIn
from dashboard.standing import Queue, Standing, Worker
from dashboard.verdict import Finding, Verdict
from dashboard.words import duration
from workers.commands.status import LATE_S

# The states in the order in which a delivery goes through them, and what each means.
STATES: Final = {
    "pending": "to be applied",
    "deferred": "wait for something",
    "failed": "to be tried again",
    "dead": "given up",
    "done": "applied",
    "rejected": "answered no",
    "discarded": "dropped by hand",
}
ALARMING: Final = {"dead": "bad", "failed": "late"}

_BODY: Final = Markup("""\
<header>
<p class="name"><span class="mark" aria-hidden="true"></span>Momento</p>
<form method="post" action="/sign-out">
<input type="hidden" name="csrf" value="{csrf}">
<span class="who">{name} <span class="role">{role}</span></span>
<button type="submit">Sign out</button>
</form>
</header>
<main id="board">
{parts}
</main>
<footer>
<p id="connection">Renewed every 5 s.</p>
<button type="button" id="pause" hidden>Pause</button>
</footer>
<p class="unseen" id="announcement" role="status"></p>""")

_PARTS: Final = Markup("""\
<div id="verdict" data-title="{title}" data-kinds="{kinds}">
<div class="verdict {tone}">
<h1>{sentence}</h1>
<p>{hint}</p>
{others}</div>
</div>
<section aria-labelledby="deliveries-title">
<h2 id="deliveries-title">Deliveries</h2>
<div id="deliveries"><dl class="states">
{states}</dl></div>
</section>
<div class="pair">
<section aria-labelledby="waiting-title">
<h2 id="waiting-title">What waits</h2>
<div id="waiting">{waiting}</div>
</section>
<section aria-labelledby="workers-title">
<h2 id="workers-title">Workers</h2>
<div id="workers">{workers}</div>
</section>
</div>
<section aria-labelledby="troubles-title">
<h2 id="troubles-title">Latest dead and failed</h2>
<div id="troubles">{troubles}</div>
</section>
<p class="as-of" id="as-of">As of <time datetime="{at}">{clock}</time> UTC</p>""")

_OTHERS: Final = Markup('<ul class="others">{findings}</ul>\n')
_OTHER: Final = Markup('<li class="{tone}">{sentence}. <span>{hint}</span></li>')
_STATE: Final = Markup("""\
<div class="{tone}"><dt>{state}</dt><dd>{number}</dd><dd class="meaning">{meaning}</dd></div>
""")

_WAITING: Final = Markup("""\
<table>
<thead><tr><th scope="col">Where</th><th scope="col" class="number">Waiting</th>\
<th scope="col" class="number">Oldest</th></tr></thead>
<tbody>
{rows}</tbody>
</table>""")
_QUEUE: Final = Markup("""\
<tr class="{tone}"><th scope="row">{name}</th><td class="number">{waiting}</td>\
<td class="number">{oldest}</td></tr>
""")

_WORKERS: Final = Markup("""\
<table>
<thead><tr><th scope="col">Process</th><th scope="col">Lanes</th>\
<th scope="col" class="number">Last seen</th></tr></thead>
<tbody>
{rows}</tbody>
</table>""")
_WORKER: Final = Markup("""\
<tr class="{tone}"><th scope="row">{pid} <span>on {host}</span></th><td>{lanes}</td>\
<td class="number">{seen}</td></tr>
""")
_NO_WORKERS: Final = Markup('<p class="empty">No worker has said that it lives.</p>')


def board_page(standing: Standing, verdict: Verdict, *, viewer: SignedIn) -> HTMLResponse:
    """The whole page."""
    parts = board_parts(standing, verdict)
    body = _BODY.format(csrf=viewer.csrf, name=viewer.name, role=viewer.role.value, parts=parts)
    return HTMLResponse(page(_title(verdict), body, head=renews_itself()))


def board_parts(standing: Standing, verdict: Verdict) -> Markup:
    """What changes on it."""
    return _PARTS.format(
        title=_title(verdict),
        kinds=verdict.kinds,
        tone=verdict.first.tone.value,
        sentence=verdict.first.sentence,
        hint=verdict.first.hint,
        others=_others(verdict.others),
        states=joined(_state(name, standing.deliveries[name]) for name in STATES),
        waiting=_waiting(standing),
        workers=_workers(standing.workers),
        troubles=troubles(standing.troubles),
        at=standing.at.isoformat(timespec="seconds"),
        clock=f"{standing.at:%H:%M:%S}",
    )


def _title(verdict: Verdict) -> str:
    return f"{verdict.first.sentence} · Momento"


def _others(findings: tuple[Finding, ...]) -> Markup:
    if not findings:
        return NOTHING
    items = [
        _OTHER.format(tone=each.tone.value, sentence=each.sentence, hint=each.hint)
        for each in findings
    ]
    return _OTHERS.format(findings=joined(items))


def _state(name: str, number: int) -> Markup:
    tone = ALARMING.get(name, "plain") if number else "none"
    return _STATE.format(tone=tone, state=name, number=f"{number:,}", meaning=STATES[name])


def _waiting(standing: Standing) -> Markup:
    lanes = [_queue(lane, f"lane {lane.name}") for lane in standing.lanes]
    return _WAITING.format(rows=joined([_queue(standing.outbox, "outbox"), *lanes]))


def _queue(queue: Queue, name: str) -> Markup:
    seconds = queue.oldest_s
    tone = "none" if seconds is None else "late" if seconds > LATE_S else "plain"
    oldest = "-" if seconds is None else duration(seconds)
    return _QUEUE.format(tone=tone, name=name, waiting=f"{queue.waiting:,}", oldest=oldest)


def _workers(workers: tuple[Worker, ...]) -> Markup:
    if not workers:
        return _NO_WORKERS
    return _WORKERS.format(rows=joined(_worker(worker) for worker in workers))


def _worker(worker: Worker) -> Markup:
    seen = f"{duration(worker.last_seen_s)} ago"
    return _WORKER.format(
        tone="late" if worker.is_gone else "plain",
        pid=worker.pid,
        host=worker.host,
        lanes=", ".join(worker.lanes),
        seen=f"gone, {seen}" if worker.is_gone else seen,
    )
