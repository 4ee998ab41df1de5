"""Writes those pages of the documentation that the code itself can tell: `make docs`."""

from pathlib import Path

from docs.generator.catalogue import catalogue_page
from docs.generator.entities import entities_page
from docs.generator.ops import alert_rules, grafana_dashboard
from docs.generator.seeds import load_seeds
from docs.generator.timetable import timetable_page

DOCS = Path(__file__).parents[1]
OPS = DOCS.parent / "ops"
SEEDS = DOCS / "seeds.toml"


def pages() -> dict[Path, str]:
    """Give each generated page with its text; ValueError when the seeds' map is wrong."""
    return {
        DOCS / "catalogue.md": catalogue_page(),
        DOCS / "entities.md": entities_page(load_seeds(SEEDS)),
        DOCS / "timetable.md": timetable_page(),
        OPS / "prometheus/alerts.yml": alert_rules(),
        OPS / "grafana/momento.json": grafana_dashboard(),
    }
