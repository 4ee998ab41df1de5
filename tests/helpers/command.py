"""Runs `momento` as a person would, in this process, against a test's database."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from workers.cli import main


@dataclass(frozen=True)
class Said:
    """How a run ended: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The output, read as JSON."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Momento:
    """The command, with what it says captured."""

    capture: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> Said:
        """Run it."""
        self.capture.readouterr()
        try:
            code = main(arguments)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        captured = self.capture.readouterr()
        return Said(code, captured.out, captured.err)
