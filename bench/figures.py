"""The figures: for each, every contestant in turn, again and again, then the medians."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from bench import cpu, limit, measure, scene
from bench.contestant import Contestant
from bench.kudos import given
from bench.report import Figure
from bench.servers import Servers

DRAIN_TIMEOUT_S = 300
FAN_OUT, QUICK_FAN_OUT = 100_000, 6_000
QUICK_JOBS = 10_000
# How often somebody walks through the dashboard's pages.
ROUNDS, QUICK_ROUNDS = 20, 3
# What a worker does at its start is over by then.
CALM_S = 3.0


@dataclass(frozen=True)
class Effort:
    """How much to measure."""

    runs: int
    jobs: int
    peer_jobs: int
    samples: int
    idle_s: float
    # For the dashboard's pages: settled and dead deliveries together, and the dead among them.
    deliveries: int = 11_000_000
    dead: int = 1_000_000
    viewers: int = 50


@dataclass(frozen=True)
class Contest:
    """Who takes part, on which servers, and who is told how it goes."""

    servers: Servers
    peers: Sequence[Contestant]
    ours: Contestant | None
    say: Callable[[str], None]

    def everyone(self) -> list[Contestant]:
        """The peers, then us."""
        return [*self.peers, *([self.ours] if self.ours else [])]


class Runs:
    """One measured value, by contestant, of all runs."""

    def __init__(self) -> None:
        self._values: dict[str, list[float]] = defaultdict(list)

    def add(self, name: str, value: float) -> None:
        """Keeps the value of one run."""
        self._values[name].append(value)

    def of_peers(self, contest: Contest) -> dict[str, float]:
        """Each peer's median."""
        return {peer.name: median(self._values[peer.name]) for peer in contest.peers}

    def of_ours(self, contest: Contest) -> float | None:
        """Our median, if we take part."""
        return median(self._values[contest.ours.name]) if contest.ours else None

    def best_of(self, names: Sequence[str]) -> float:
        """The highest of some medians."""
        return max(median(self._values[name]) for name in names)


def kudos_throughput(contest: Contest, effort: Effort) -> list[Figure]:
    """Kudos a second from a full queue, everybody in turn in every run."""
    rates = Runs()

    def keep(name: str, measured: float) -> None:
        rates.add(name, measured)
        contest.say(f"{name}: {measured:,.0f} jobs/s")

    for _ in range(effort.runs):
        for contestant in contest.everyone():
            contest.servers.settle()
            jobs = effort.jobs if contestant is contest.ours else effort.peer_jobs
            keep(contestant.name, _drain(contestant, jobs))
        for name, measured in limit.rates(contest.servers, effort.jobs).items():
            keep(name, measured)
    ours, peers = rates.of_ours(contest), rates.of_peers(contest)
    return [
        Figure("kudos_throughput", "jobs/s", peers, ours, rates.best_of([*limit.WITH_LEDGER])),
        Figure("kudos_throughput_bare", "jobs/s", peers, ours, rates.best_of([*limit.BARE])),
    ]


def _drain(contestant: Contestant, jobs: int) -> float:
    """Fills the queue, starts the workers, waits until all is settled."""
    contestant.prepare()
    contestant.enqueue(given(jobs))
    contestant.start()
    try:
        measure.wait_until(lambda: contestant.has_settled(jobs), timeout_s=DRAIN_TIMEOUT_S)
    finally:
        contestant.stop()
    return measure.rate(contestant.settled_at())


def idle_latency(contest: Contest, effort: Effort) -> list[Figure]:
    """From published to visible, and what the idle workers and servers cost meanwhile."""
    measured = {
        "idle_latency": Runs(),
        "idle_latency_p99": Runs(),
        "idle_cpu": Runs(),
        "idle_cpu_of_servers": Runs(),
    }
    units = ("ms", "ms", "% of a core", "% of a core")
    for _ in range(effort.runs):
        for contestant in contest.everyone():
            contest.servers.settle()
            values = _idle(contest, contestant, effort=effort)
            for runs, value in zip(measured.values(), values, strict=True):
                runs.add(contestant.name, value)
            shown = zip(measured, values, units, strict=True)
            said = ", ".join(f"{figure} {value:.2f} {unit}" for figure, value, unit in shown)
            contest.say(f"{contestant.name}: {said}")
    return [
        Figure(name, unit, runs.of_peers(contest), runs.of_ours(contest), more_is_better=False)
        for (name, runs), unit in zip(measured.items(), units, strict=True)
    ]


def _idle(contest: Contest, contestant: Contestant, *, effort: Effort) -> list[float]:
    """Latency p50 and p99, then the CPU of the workers and of both servers with nothing to do."""
    contestant.prepare()
    contestant.start()
    try:
        latencies = contestant.idle_latency(given(measure.WARM_UPS + effort.samples))
        time.sleep(CALM_S)
        of_servers = [contest.servers.postgres_pid, contest.servers.redis_pid]
        cores = cpu.percents_of_a_core((contestant.pids(), of_servers), effort.idle_s)
    finally:
        contestant.stop()
    return [measure.p50(latencies), measure.p99(latencies), *cores]


def questions(contest: Contest, effort: Effort) -> list[Figure]:
    """How long each question of `domain/queries` takes among a million rows."""
    if contest.ours is None:
        return []
    taken = scene.ask(contest.servers, effort.samples)
    for name, values in taken.items():
        contest.say(f"{name}: p50 {measure.p50(values):.2f}, p95 {measure.p95(values):.2f} ms")
    return [
        Figure(f"questions: {name}, {which}", "ms", ours=take(values), more_is_better=False)
        for name, values in taken.items()
        for which, take in (("p50", measure.p50), ("p95", measure.p95))
    ]


def due(contest: Contest, effort: Effort) -> list[Figure]:
    """How long a tick takes among a million of each kind, and 10,000 due things to publish."""
    if contest.ours is None:
        return []
    taken = scene.ring(contest.servers, effort.samples)
    idle: list[float] = taken["idle"]
    contest.say(f"idle: p50 {measure.p50(idle):.2f}, p95 {measure.p95(idle):.2f} ms")
    contest.say(f"{taken['published']:,} published in {taken['seconds']:.2f} s")
    return [
        Figure("due: idle tick, p50", "ms", ours=measure.p50(idle), more_is_better=False),
        Figure("due: idle tick, p95", "ms", ours=measure.p95(idle), more_is_better=False),
        Figure("due: 10,000 published", "s", ours=taken["seconds"], more_is_better=False),
    ]


def dashboard(contest: Contest, effort: Effort) -> list[Figure]:
    """How long each page takes among millions of deliveries, for one viewer and among many."""
    if contest.ours is None:
        return []
    rounds = ROUNDS if effort.jobs > QUICK_JOBS else QUICK_ROUNDS
    taken = scene.show(contest.servers, rounds, effort.deliveries, effort.dead, effort.viewers)
    contest.say(f"used a second: {taken['used']}")
    every = [(page, of["one"], of["among"]) for page, of in taken["pages"].items()]
    every += [(f"{page}, looked at", of["one"], of["all"]) for page, of in taken["shared"].items()]
    every += [("without a pause", taken["pressed"]["one"], taken["pressed"]["all"])]
    for page, one, many in every:
        contest.say(f"{page:32} {_said(one)}   {_said(many)}")
    for page, of in taken["shared"].items():
        costs = [of["used"][who] for who in ("one", "all")]
        said = ", ".join(f"{each['statements']:.1f}/s" for each in costs)
        contest.say(f"{page}: statements {said}; CPU {[each['cpu_s'] for each in costs]}")
    return [
        Figure(
            f"dashboard: {page}, {who}, p95", "ms", ours=measure.p95(times), more_is_better=False
        )
        for page, one, many in every
        for who, times in (("one viewer", one), (f"{effort.viewers} viewers", many))
    ] + [_of_collector(taken["used"]["among"])]


def _said(times: list[float]) -> str:
    found = (measure.p50(times), measure.p95(times), measure.p99(times))
    return " ".join(f"{each:7.1f}" for each in found)


def _of_collector(used: dict[str, float]) -> Figure:
    part = 100 * (used["collector_cpu_s"] + used["collector_postgres_cpu_s"])
    return Figure("dashboard: the collector's CPU", "% of a core", ours=part, more_is_better=False)


def telling(contest: Contest, effort: Effort) -> list[Figure]:
    """How long a thousand guests take to become rows, and how a fan-out leaves."""
    if contest.ours is None:
        return []
    pushes = FAN_OUT if effort.runs > 1 or effort.jobs > QUICK_JOBS else QUICK_FAN_OUT
    taken = scene.tell(contest.servers, min(effort.samples, 20), pushes)
    rows: list[float] = taken["rows"]
    out = taken["fan_out"]
    contest.say(f"1,000 guests: p50 {measure.p50(rows):.3f} s; fan-out: {out}")
    return [
        Figure(
            "telling: 1,000 guests lined up, p50", "s", ours=measure.p50(rows), more_is_better=False
        ),
        Figure("telling: pushes in a request", "", ours=out["pushes"] / out["requests"]),
        Figure("telling: pushes a second", "1/s", ours=out["pushes"] / out["seconds"]),
        Figure("telling: most pushes in any second", "", ours=out["most_in_a_second"]),
        Figure(
            "telling: growth of the sender's memory",
            "MiB",
            ours=out["memory_grew_mib"],
            more_is_better=False,
        ),
    ]


def ingest(contest: Contest, effort: Effort) -> list[Figure]:
    """Domain events a second into one gateway process, beside COPY into the same tables."""
    if contest.ours is None:
        return []
    taken = scene.ingest(contest.servers, effort.runs, effort.jobs)
    for name, rates in taken.items():
        contest.say(f"{name}: {', '.join(f'{each:,.0f}' for each in rates)} domain events/s")
    ours, most = median(taken["ours"]), median(taken["limit"])
    return [Figure("ingest", "domain events/s", ours=ours, limit=most)]


def collector(contest: Contest, effort: Effort) -> list[Figure]:
    """What it costs to write down how everything stands, with eleven million deliveries."""
    if contest.ours is None:
        return []
    is_quick = effort.runs == 1 and effort.jobs <= QUICK_JOBS
    sizes = (100_000, 10_000) if is_quick else (10_000_000, 1_000_000)
    taken = scene.watch(contest.servers, min(effort.samples, 50), *sizes)
    looks, reads, cpu_ms = taken["looks"], taken["reads"], sum(taken["cpu_ms"])
    contest.say(f"a look: p95 {measure.p95(looks):.1f} ms, CPU {taken['cpu_ms']} ms")
    # A look every five seconds.
    part = cpu_ms / 5_000 * 100
    return [
        Figure("collector: CPU", "% of a core", ours=part, more_is_better=False),
        Figure("collector: a look, p95", "ms", ours=measure.p95(looks), more_is_better=False),
        Figure("collector: reading, p95", "ms", ours=measure.p95(reads), more_is_better=False),
    ]


FIGURES = {
    "kudos_throughput": kudos_throughput,
    "idle_latency": idle_latency,
    "questions": questions,
    "due": due,
    "telling": telling,
    "ingest": ingest,
    "dashboard": dashboard,
    "collector": collector,
}
