"""Writes those pages of the documentation that the code itself can tell: `make docs`."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dashboard.manual import COPY
from docs.generator.catalogue import catalogue_page
from docs.generator.compatibility import Breach, find_breaches
from docs.generator.entities import entities_page
from docs.generator.ops import alert_rules, grafana_dashboard
from docs.generator.seeds import load_seeds
from docs.generator.timetable import timetable_page
from domain.catalogue import CATALOGUE
from domain.schemas import ENVELOPE, envelope_schema, json_schema

DOCS = Path(__file__).parents[1]
OPS = DOCS.parent / "ops"
SEEDS = DOCS / "seeds.toml"
SCHEMAS = DOCS / "schemas"


def pages() -> dict[Path, str]:
    """Give each generated page with its text; ValueError when the seeds' map is wrong."""
    schemas = {
        SCHEMAS / f"{name}.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        for name, schema in schemas_now().items()
    }
    return {
        DOCS / "catalogue.md": catalogue_page(),
        DOCS / "entities.md": entities_page(load_seeds(SEEDS)),
        DOCS / "timetable.md": timetable_page(),
        **schemas,
        OPS / "prometheus/alerts.yml": alert_rules(),
        OPS / "grafana/momento.json": grafana_dashboard(),
        # The dashboard shows it, and docs/ isn't shipped.
        COPY: (DOCS / "runbook.md").read_text(encoding="utf-8"),
    }


def schemas_now() -> dict[str, Mapping[str, Any]]:
    """Give all schemas as the code has them, by short name."""
    return {ENVELOPE: envelope_schema()} | {
        payload.NAME: json_schema(payload) for payload in CATALOGUE
    }


def schemas_published() -> dict[str, Mapping[str, Any]]:
    """Give all schemas as they were committed last, by short name."""
    return {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(SCHEMAS.glob("*.json"))
    }


def breaches() -> list[Breach]:
    """Say which schemas take less than those that were committed last."""
    return find_breaches(schemas_published(), schemas_now())
