// Draws what a page holds as JSON; the same stands beside it as a sentence and a table.
"use strict";

(() => {
  const CHARTS = {
    rates: {
      title: "Tries a minute",
      series: [["tried", "tried", "--accent", []], ["failed", "failed", "--bad", [6, 4]]],
      unit: (value) => value.toLocaleString(),
    },
    times: {
      title: "Seconds, p95, logarithmic",
      series: [["wait", "wait", "--late", []], ["run", "run", "--quiet", [6, 4]]],
      unit: (value) => (value < 1 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(1)} s`),
      log: true,
    },
  };
  const HEIGHT = 190;
  const drawn = new Map();
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);
  // A colour as the theme has it, which the canvas can't look up by itself.
  function resolved(name) {
    const probe = document.createElement("span");
    probe.style.color = color(name);
    document.body.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  }

  // Hours and minutes in UTC, with the day where days are shown.
  function clock(seconds, plot) {
    const iso = new Date(seconds * 1000).toISOString();
    const isLong = plot.scales.x.max - plot.scales.x.min > 2 * 86400;
    return isLong ? `${iso.slice(5, 10)} ${iso.slice(11, 16)}` : iso.slice(11, 16);
  }

  function columns(kind, data) {
    const values = CHARTS[kind].series.map(([key]) => data[key]);
    // On a logarithmic axis there is no zero.
    const shown = CHARTS[kind].log ? values.map((each) => each.map((v) => v || null)) : values;
    return [data.at, ...shown];
  }

  function options(host, kind) {
    const chart = CHARTS[kind];
    const axis = { stroke: resolved("--soft"), grid: { stroke: resolved("--line"), width: 1 }, ticks: { show: false } };
    const line = ([, label, tone, dash]) => ({
      label, stroke: resolved(tone), width: 2, dash, spanGaps: false,
      points: { show: Boolean(chart.log), size: 5 }, value: (_, value) => (value == null ? "-" : chart.unit(value)),
    });
    return {
      title: chart.title,
      width: Math.max(240, host.clientWidth),
      height: HEIGHT,
      // As all other times on the page.
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      cursor: { drag: { x: true, y: false } },
      scales: { x: { time: true }, y: chart.log ? { distr: 3 } : { range: (_, low, high) => [0, Math.max(1, high * 1.1)] } },
      axes: [{ ...axis, values: (plot, ticks) => ticks.map((t) => clock(t, plot)) }, { ...axis, size: 64, values: (_, ticks) => ticks.map((v) => (v == null ? "" : chart.unit(v))) }],
      series: [{}, ...chart.series.map(line)],
    };
  }

  function draw() {
    const source = document.getElementById("chart-data");
    if (!source || typeof uPlot === "undefined") return;
    const data = JSON.parse(source.dataset.json);
    for (const host of document.querySelectorAll("[data-chart]")) {
      const kind = host.dataset.chart;
      const values = columns(kind, data);
      host.hidden = !values.slice(1).some((each) => each.some((value) => value != null));
      if (host.hidden) continue;
      const before = drawn.get(host);
      if (before) before.setData(values);
      else drawn.set(host, new uPlot(options(host, kind), values, host));
    }
  }

  function again() {
    for (const [host, plot] of drawn) { plot.destroy(); drawn.delete(host); }
    draw();
  }

  document.addEventListener("momento:renewed", draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  new MutationObserver(again).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  addEventListener("resize", again);
  draw();
})();
