"""`python -m bench`: measures what is asked for, prints the table, writes the results."""

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from bench import ours, peers
from bench.figures import FIGURES, Contest, Effort
from bench.report import Figure, table, write_json
from bench.servers import Servers, servers

RESULTS = Path(__file__).parent / "results.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the chosen figures on one pair of servers."""
    chosen = _options().parse_args(arguments)
    signal.signal(signal.SIGTERM, _leave)
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="bench-logs-") as logs, servers() as running:
        os.environ["BENCH_LOGS"] = logs
        contest = _contest(chosen, running)
        for name in chosen.figure or FIGURES:
            _say(f"== {name}")
            figures += FIGURES[name](contest, _effort(chosen))
    sys.stdout.write(table(figures) + "\n")
    write_json(figures, chosen.output)
    return 0


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__)
    add = parser.add_argument
    add("--figure", action="append", choices=FIGURES, help="only this one; may be repeated")
    add("--peers", help="only these, by commas; 'none' for none", default=",".join(peers.NAMES))
    add("--runs", type=int, default=3, help="how often; the medians count")
    add("--jobs", type=int, default=50_000, help="backlog for us and for the limit")
    add("--peer-jobs", type=int, help="backlog for the peers; default: a fifth of --jobs")
    add("--samples", type=int, default=200, help="how many latencies a run")
    add("--idle-seconds", type=float, default=10.0, help="how long to watch the CPU")
    add("--deliveries", type=int, default=11_000_000, help="for the dashboard's pages")
    add("--dead", type=int, default=1_000_000, help="how many of those are dead")
    add("--viewers", type=int, default=50, help="how many look at the dashboard at once")
    add("--quick", action="store_true", help="one short run: does it work at all?")
    add("--without-ours", action="store_true", help="only peers and limit")
    add("--output", type=Path, default=RESULTS, help="where to write the results")
    return parser


def _effort(chosen: argparse.Namespace) -> Effort:
    if chosen.quick:
        return Effort(
            runs=1,
            jobs=10_000,
            peer_jobs=2_000,
            samples=50,
            idle_s=2.0,
            deliveries=200_000,
            dead=20_000,
            viewers=chosen.viewers,
        )
    return Effort(
        runs=chosen.runs,
        jobs=chosen.jobs,
        peer_jobs=chosen.peer_jobs or chosen.jobs // 5,
        samples=chosen.samples,
        idle_s=chosen.idle_seconds,
        deliveries=chosen.deliveries,
        dead=chosen.dead,
        viewers=chosen.viewers,
    )


def _contest(chosen: argparse.Namespace, running: Servers) -> Contest:
    running.make_database(peers.DATABASE)
    names = [] if chosen.peers == "none" else chosen.peers.split(",")
    return Contest(
        servers=running,
        peers=[peers.load(name, running) for name in names],
        ours=None if chosen.without_ours else ours.Ours(running),
        say=_say,
    )


def _say(line: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')}  {line}\n")


def _leave(_signal: int, _frame: FrameType | None) -> None:
    # As an exception, so that every worker and server is stopped on the way out.
    raise SystemExit(1)


if __name__ == "__main__":
    sys.exit(main())
