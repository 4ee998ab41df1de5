"""What stands in ops/ is what Prometheus takes, and rings when it should."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import yaml

from docs.generator import DOCS, OPS
from docs.generator.ops import grafana_dashboard
from domain.figures import names
from domain.figures.gauges import SOURCES
from domain.figures.names import METRICS, Kind
from domain.figures.recorder import Recorder
from domain.figures.threshold import Threshold
from domain.figures.thresholds import COLLECTOR_SILENT, THRESHOLDS
from tests.helpers.promtool import run_promtool
from workers.exposition import PREFIX, make_registry, shown

RULES: Final = OPS / "prometheus/alerts.yml"
STEP: Final = timedelta(seconds=5)
LABELS: Final = {source.name: source.labels for source in SOURCES} | {"part_failed": ("part",)}


def beyond(threshold: Threshold, bound: float) -> float:
    return bound - 1 if threshold.is_below else bound * 1.01 + 0.001


def series(threshold: Threshold) -> str:
    labels = dict.fromkeys(LABELS[threshold.gauge], "x") | dict(threshold.only)
    listed = ",".join(f'{name}="{value}"' for name, value in labels.items())
    return f"{PREFIX}{threshold.gauge}{{{listed}}}"


def stories(threshold: Threshold) -> Iterator[dict[str, Any]]:
    """For each level: at its bound nothing rings, beyond it does once that has held."""
    for level, bound in (("warn", threshold.warn), ("page", threshold.page)):
        if bound is None:
            continue
        held = threshold.held
        rings = (
            f'count(ALERTS{{alertname="{threshold.name}",severity="{level}",alertstate="firing"}})'
        )
        for value, moment, is_ringing in (
            (bound, held + 4 * STEP, False),
            (beyond(threshold, bound), held - STEP, False),
            (beyond(threshold, bound), held + 2 * STEP, True),
        ):
            if moment < timedelta():
                continue
            yield {
                "interval": "5s",
                "input_series": [{"series": series(threshold), "values": f"{value}x400"}],
                "promql_expr_test": [
                    {
                        "expr": rings,
                        "eval_time": f"{int(moment.total_seconds())}s",
                        "exp_samples": [{"labels": "{}", "value": 1}] if is_ringing else [],
                    }
                ],
            }


class TestRules:
    def test_prometheus_takes_them(self) -> None:
        run_promtool("check", "rules", str(RULES))

    def test_prometheus_takes_the_example_of_a_configuration(self) -> None:
        run_promtool("check", "config", str(OPS / "prometheus/prometheus.yml"))

    def test_the_stories_come_out_as_told(self) -> None:
        run_promtool("test", "rules", str(OPS / "prometheus/alerts_test.yml"))

    def test_every_alert_rings_beyond_its_bound_and_not_before(self, tmp_path: Path) -> None:
        told = [story for threshold in THRESHOLDS for story in stories(threshold)]
        assert len(told) >= 2 * len(THRESHOLDS)
        file = tmp_path / "every.yml"
        test = {"rule_files": [str(RULES)], "evaluation_interval": "5s", "tests": told}
        file.write_text(yaml.safe_dump(test), encoding="utf-8")
        run_promtool("test", "rules", str(file))


class TestMetrics:
    def test_what_a_process_shows_is_well_named_and_well_formed(self) -> None:
        recorder = Recorder()
        for metric in METRICS.values():
            values = ['a "label"\n' if name == "state" else name for name in metric.labels]
            if metric.kind is Kind.COUNTER:
                recorder.count(metric, *values)
            else:
                recorder.observe(metric, *values, seconds=0.3)
        text = shown(make_registry("worker", recorder=recorder))
        run_promtool("check", "metrics", given=text)
        for metric in METRICS.values():
            assert f"# TYPE {PREFIX}{metric.name}".encode() in text

    def test_a_histogram_counts_all_below_each_bound(self) -> None:
        recorder = Recorder()
        for seconds in (0.3, 0.4, 40_000.0):
            recorder.observe(names.OUTBOX_LAG, seconds=seconds)
        text = shown(make_registry("relay", recorder=recorder)).decode()
        name = "momento_outbox_lag_seconds"
        assert f'{name}_bucket{{le="0.25"}} 0.0' in text
        assert f'{name}_bucket{{le="0.5"}} 2.0' in text
        assert f'{name}_bucket{{le="21600"}} 2.0' in text
        assert f'{name}_bucket{{le="+Inf"}} 3.0' in text
        assert f"{name}_count 3.0" in text


class TestGrafana:
    def test_every_threshold_and_every_figure_has_its_panel(self) -> None:
        panels = json.loads(grafana_dashboard())["panels"]
        titles = [panel["title"] for panel in panels]
        wanted = [*(each.name for each in THRESHOLDS), *METRICS]
        assert sorted(titles) == sorted(wanted)
        places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels]
        assert len({*places}) == len(places)

    def test_prometheus_understands_every_question(self, tmp_path: Path) -> None:
        """Each is made a rule, since that is what its checker reads."""
        panels = json.loads(grafana_dashboard())["panels"]
        asked = [target["expr"] for panel in panels for target in panel["targets"]]
        rules = [{"record": f"asked:{n}", "expr": expr} for n, expr in enumerate(asked)]
        file = tmp_path / "asked.yml"
        groups = {"groups": [{"name": "asked", "rules": rules}]}
        file.write_text(yaml.safe_dump(groups), encoding="utf-8")
        run_promtool("check", "rules", str(file))


class TestRunbook:
    def test_every_alert_has_its_section(self) -> None:
        text = (DOCS / "runbook.md").read_text(encoding="utf-8")
        sections = {
            part.partition("\n")[0]: part.partition("\n")[2].strip()
            for part in text.split("\n### ")[1:]
        }
        alerts = [COLLECTOR_SILENT, *(threshold.name for threshold in THRESHOLDS)]
        assert [name for name in alerts if len(sections.get(name, "").split()) < 20] == []
        assert [name for name in sections if name not in alerts] == []
