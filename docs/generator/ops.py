"""ops/: alert rules and a Grafana dashboard, from the thresholds and the names of figures."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from domain.figures.gauges import AGE, SOURCES
from domain.figures.names import METRICS, Kind, Metric
from domain.figures.threshold import Level, Threshold, Unit
from domain.figures.thresholds import COLLECTOR_SILENT, SILENT_FOR_LONG_S, SILENT_S, THRESHOLDS
from workers.exposition import PREFIX

HEAD: Final = """\
# Written by `make docs` from domain/figures/thresholds.py. Change that instead.
# Severities: `warn` is to be looked at today, `page` now. docs/runbook.md has a section for each.
"""
_VALUES: Final = {
    Unit.SECONDS: "{{ $value | humanizeDuration }}",
    Unit.PART: "{{ $value | humanizePercentage }}",
    Unit.BYTES: "{{ $value | humanize1024 }}B",
    Unit.COUNT: "{{ $value }}",
}
_GRAFANA_UNITS: Final = {
    Unit.SECONDS: "s",
    Unit.PART: "percentunit",
    Unit.BYTES: "bytes",
    Unit.COUNT: "short",
}
_LABELS_OF: Final = {source.name: source.labels for source in SOURCES} | {"part_failed": ("part",)}
_COLORS: Final = {Level.WARN: "orange", Level.PAGE: "red"}


def alert_rules() -> str:
    """Write the rules file: YAML in which every text is quoted as JSON does it."""
    lines = [HEAD + "groups:", "  - name: momento", "    rules:"]
    for name, level, expression, held, summary, hint in (*_silent(), *_rules()):
        lines += [
            f"      - alert: {name}",
            f"        expr: {json.dumps(expression)}",
            f"        for: {int(held.total_seconds())}s",
            f"        labels: {{severity: {level.value}}}",
            "        annotations:",
            f"          summary: {json.dumps(summary, ensure_ascii=False)}",
            f"          description: {json.dumps(hint, ensure_ascii=False)}",
            f"          runbook: docs/runbook.md#{name.lower()}",
        ]
    return "\n".join(lines) + "\n"


_Rule = tuple[str, Level, str, timedelta, str, str]


def _rules() -> Iterator[_Rule]:
    for threshold in THRESHOLDS:
        for level, bound in ((Level.WARN, threshold.warn), (Level.PAGE, threshold.page)):
            if bound is not None:
                expression = f"{_selected(threshold)} {_operator(threshold)} {bound:g}"
                summary = _sentence(threshold)
                yield threshold.name, level, expression, threshold.held, summary, threshold.hint


def _silent() -> Iterator[_Rule]:
    """Nobody knows: the age is too great, or no dashboard says one."""
    gauge = f"{PREFIX}{AGE}"
    hint = "Nothing that is shown is of now. See the dashboards' logs for collector.failed."
    for level, bound in ((Level.WARN, SILENT_S), (Level.PAGE, SILENT_FOR_LONG_S)):
        held = timedelta(seconds=bound)
        expression = f"min({gauge}) > {bound:g} or absent({gauge})"
        # An absent series has no age that one could wait for.
        summary = "Nobody writes down how everything stands."
        yield COLLECTOR_SILENT, level, expression, held, summary, hint


def _selected(threshold: Threshold) -> str:
    """Select a gauge: several dashboards may show it, and all show the same."""
    conditions = [
        *(f'{label}="{value}"' for label, value in threshold.only.items()),
        *(f'{label}!="{value}"' for label, value in threshold.other_than.items()),
    ]
    selector = f"{{{','.join(conditions)}}}" if conditions else ""
    labels = _LABELS_OF[threshold.gauge]
    by = f" by ({', '.join(labels)})" if labels else ""
    return f"max{by} ({PREFIX}{threshold.gauge}{selector})"


def _operator(threshold: Threshold) -> str:
    return "<" if threshold.is_below else ">"


def _sentence(threshold: Threshold) -> str:
    labels = {name: f"{{{{ $labels.{name} }}}}" for name in _LABELS_OF[threshold.gauge]}
    text = threshold.statement.format(value=_VALUES[threshold.unit], **labels)
    return f"{text[0].upper()}{text[1:]}."


def grafana_dashboard() -> str:
    """Write the dashboard: what is judged, with its bounds, then what processes measure."""
    panels = [*_judged(), *_measured()]
    for number, panel in enumerate(panels):
        panel |= {
            "id": number + 1,
            "gridPos": {"h": 8, "w": 8, "x": number % 3 * 8, "y": number // 3 * 8},
        }
    return json.dumps(_dashboard(panels), indent=1, ensure_ascii=False) + "\n"


def _dashboard(panels: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "title": "Momento",
        "description": "Written by `make docs` from domain/figures. Change that instead.",
        "uid": "momento",
        "schemaVersion": 39,
        "version": 1,
        "editable": False,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "timezone": "browser",
        "tags": ["momento"],
        "templating": {
            "list": [{"name": "datasource", "type": "datasource", "query": "prometheus"}]
        },
        "panels": panels,
    }


def _judged() -> Iterator[dict[str, Any]]:
    for threshold in THRESHOLDS:
        steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
        for level, bound in ((Level.WARN, threshold.warn), (Level.PAGE, threshold.page)):
            if bound is not None:
                steps.append({"color": _COLORS[level], "value": bound})
        if threshold.is_below:
            steps = [{"color": "red", "value": None}, {"color": "green", "value": threshold.page}]
        legend = " ".join(f"{{{{{label}}}}}" for label in _LABELS_OF[threshold.gauge])
        unit = _GRAFANA_UNITS[threshold.unit]
        queries = [(_selected(threshold), legend or threshold.gauge)]
        yield _panel(threshold.name, threshold.hint, queries, unit=unit, steps=steps)


def _measured() -> Iterator[dict[str, Any]]:
    for metric in METRICS.values():
        name = f"{PREFIX}{metric.name}"
        if metric.kind is Kind.COUNTER:
            queries, unit = [_rate(metric, name)], "ops"
        else:
            queries, unit = [_quantile(metric, name, part) for part in (50, 95)], "s"
        yield _panel(metric.name, metric.sentence, queries, unit=unit, steps=[])


def _rate(metric: Metric, name: str) -> tuple[str, str]:
    # Few lines say more than many: a handler has its lane.
    labels = [label for label in metric.labels if label != "handler"] or list(metric.labels)
    by = f" by ({', '.join(labels)})" if labels else ""
    legend = " ".join(f"{{{{{label}}}}}" for label in labels)
    return f"sum{by} (rate({name}_total[5m]))", legend or metric.name


def _quantile(metric: Metric, name: str, part: int) -> tuple[str, str]:
    labels = [label for label in metric.labels if label != "handler"]
    by = ", ".join(["le", *labels])
    legend = " ".join([f"p{part}", *(f"{{{{{label}}}}}" for label in labels)])
    expression = f"histogram_quantile({part / 100:g}, sum by ({by}) (rate({name}_bucket[5m])))"
    return expression, legend


def _panel(
    title: str,
    sentence: str,
    queries: list[tuple[str, str]],
    *,
    unit: str,
    steps: list[dict[str, Any]],
) -> dict[str, Any]:
    source = {"type": "prometheus", "uid": "${datasource}"}
    lines = {"thresholdsStyle": {"mode": "dashed" if steps else "off"}}
    return {
        "title": title,
        "description": sentence,
        "type": "timeseries",
        "datasource": source,
        "fieldConfig": {
            "defaults": {
                "unit": unit,
                "min": 0,
                "custom": lines,
                "thresholds": {"mode": "absolute", "steps": steps},
            },
            "overrides": [],
        },
        "targets": [
            {"refId": chr(65 + place), "datasource": source, "expr": expr, "legendFormat": legend}
            for place, (expr, legend) in enumerate(queries)
        ],
    }
