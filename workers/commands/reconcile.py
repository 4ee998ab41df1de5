"""`momento reconcile`: recomputes every derived figure from its rows and reports drift."""

import argparse

from domain.reconcile import CHECKS, Finding, reconcile, unsettled
from workers.commands.arguments import add_json
from workers.commands.asking import as_json, one_transaction, shown
from workers.settings import Settings

NAME = "reconcile"
HELP = "Recompute every derived figure from its rows and report drift"

NAME_WIDTH = max(len(check.name) for check in CHECKS)


def configure(parser: argparse.ArgumentParser) -> None:
    """Only how to answer."""
    add_json(parser)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print a line for each check; 1 if anything drifted."""
    findings = []
    with one_transaction(settings) as session:
        for finding in reconcile(session):
            findings.append(finding)
            if not arguments.json:
                print(_line(finding), flush=True)
        waiting = unsettled(session)
    drifted = sum(finding.drifted for finding in findings)
    if arguments.json:
        print(as_json({"drifted": drifted, "unsettled": waiting, "checks": findings}))
    else:
        print(_verdict(drifted, waiting))
    return 1 if drifted else 0


def _line(finding: Finding) -> str:
    says = f"{finding.name:{NAME_WIDTH}}  {finding.looked_at:>9} rows  "
    if not finding.drifted:
        return f"{says}no drift"
    more = " ..." if finding.drifted > len(finding.keys) else ""
    return f"{says}{finding.drifted} DRIFTED: {shown(', '.join(finding.keys))}{more}"


def _verdict(drifted: int, waiting: int) -> str:
    if drifted and waiting:
        return (
            f"{drifted} rows drifted, but {waiting} domain events or deliveries are still on their"
            " way, and figures follow their rows: run this again once `momento status` shows"
            " nothing due and nothing failed."
        )
    return f"{drifted} rows drifted." if drifted else "No drift."
