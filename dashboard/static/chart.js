// Draws what a page holds as JSON; the same stands beside it as a sentence and a table.
"use strict";

(() => {
  const CHARTS = {
    rates: {
      title: "Tries a minute",
      series: [["tried", "tried", "--accent", []], ["failed", "failed", "--bad", [9, 5]]],
      unit: (value) => value.toLocaleString(),
    },
    times: {
      title: "p95, on a logarithmic axis",
      series: [["wait", "wait", "--late", []], ["run", "run", "--quiet", [9, 5]]],
      unit: (value) => (value < 1 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(1)} s`),
      log: true,
    },
  };
  const HEIGHT = 190;
  const DOTTED = [2, 4];
  const drawn = new Map();
  let data = null;
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

  // Each series twice: whole steps as a line, and the way to the one that still runs, dotted.
  function columns(kind) {
    const last = data.at.length - 1;
    const values = CHARTS[kind].series.map(([key]) => data[key]);
    // On a logarithmic axis there is no zero.
    const shown = CHARTS[kind].log ? values.map((each) => each.map((v) => v || null)) : values;
    const whole = shown.map((each) => each.map((v, at) => (at < last ? v : null)));
    const running = shown.map((each) => each.map((v, at) => (at < last - 1 ? null : v)));
    return [data.at, ...whole, ...running];
  }

  // Where another version began to run: a line with its name, kept within the chart.
  function marks(plot) {
    const { ctx, bbox } = plot;
    const scale = devicePixelRatio || 1;
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = resolved("--ink");
    ctx.lineWidth = scale;
    ctx.font = `${11 * scale}px sans-serif`;
    ctx.textBaseline = "top";
    for (const mark of data.marks) {
      const x = Math.round(plot.valToPos(mark.at, "x", true));
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      const fits = x + ctx.measureText(mark.version).width + 5 * scale < bbox.left + bbox.width;
      ctx.textAlign = fits ? "left" : "right";
      ctx.fillText(mark.version, x + (fits ? 4 : -4) * scale, bbox.top + 2 * scale);
    }
    ctx.restore();
  }

  function options(host, kind) {
    const chart = CHARTS[kind];
    const count = chart.series.length;
    const axis = { stroke: resolved("--soft"), grid: { stroke: resolved("--line"), width: 1 }, ticks: { show: false } };
    const said = (value) => (value == null ? "-" : chart.unit(value));
    const line = ([, label, tone, dash]) => ({
      label, stroke: resolved(tone), width: 2, dash, spanGaps: false,
      points: { show: Boolean(chart.log), size: 5 },
      value: (plot, value, place, at) => said(value ?? plot.data[place + count][at]),
    });
    // Its row in the legend is hidden: the other says its value too.
    const tail = ([, label, tone]) => ({ label, stroke: resolved(tone), width: 2, dash: DOTTED, points: { show: true, size: 4 } });
    return {
      title: chart.title,
      width: Math.max(240, host.clientWidth),
      height: HEIGHT,
      // As all other times on the page.
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      cursor: { drag: { x: true, y: false } },
      // The right edge is now, though nothing may have happened for long.
      scales: { x: { time: true }, y: chart.log ? { distr: 3 } : { range: (_, low, high) => [0, Math.max(1, high * 1.1)] } },
      axes: [{ ...axis, values: (plot, ticks) => ticks.map((t) => clock(t, plot)) }, { ...axis, size: 64, values: (_, ticks) => ticks.map((v) => (v == null ? "" : chart.unit(v))) }],
      series: [{}, ...chart.series.map(line), ...chart.series.map(tail)],
      hooks: { draw: [marks] },
    };
  }

  function show(plot, values) {
    plot.setData(values, false);
    plot.setScale("x", { min: data.at[0], max: Math.max(data.until, data.at.at(-1)) });
  }

  function draw() {
    const source = document.getElementById("chart-data");
    if (!source || typeof uPlot === "undefined") return;
    data = JSON.parse(source.dataset.json);
    for (const host of document.querySelectorAll("[data-chart]")) {
      const kind = host.dataset.chart;
      const values = columns(kind);
      host.hidden = !values.slice(1).some((each) => each.some((value) => value != null));
      if (host.hidden) continue;
      if (!drawn.has(host)) drawn.set(host, new uPlot(options(host, kind), values, host));
      show(drawn.get(host), values);
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
