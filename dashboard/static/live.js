// Brings a page up to date: when the server says that something has changed, never sooner than the
// interval that was chosen; and beneath that by itself, twice as slowly while the server can say so.
// Changes only what differs. Waits while somebody is in the middle of something.
"use strict";

(() => {
  const region = document.querySelector("main[data-live]");
  if (!region) return;

  const LATE_FACTOR = 4;
  const BENEATH_FACTOR = 2;
  // All who look are nudged at once; they come back one after another.
  const SPREAD_MS = 500;
  const LONGEST_SHOWN_MS = 10 * 60 * 1000;
  const state = document.getElementById("live-state");
  const banner = document.getElementById("paused");
  const announcement = document.getElementById("announcement");
  const button = document.getElementById("live-pause");
  const every = document.getElementById("live-every");
  let paused = false;
  let busy = false;
  let missed = false;
  let freshAt = Date.now();
  let askedAt = Date.now();
  let isLost = false;
  let source = null;
  let nudge = 0;
  let shownUntil;
  let shownAt = 0;

  // Why the page stands still just now; empty while it may change.
  function held() {
    if (paused) return "you paused them";
    if (document.querySelector("dialog[open]")) return "a dialog is open";
    const open = [...region.querySelectorAll("details[open][data-hold] > summary")];
    // On a wide page filters are never hidden, and what can't be closed isn't open.
    if (open.some((summary) => summary.checkVisibility())) return "something is open";
    if (region.querySelector("input[name=pick]:checked")) return "rows are selected";
    const selection = document.getSelection();
    if (!selection.isCollapsed && region.contains(selection.anchorNode)) return "text is selected";
    const focused = document.activeElement;
    if (region.contains(focused) && focused.matches("input:not([type=checkbox]), select, textarea")) {
      return "a field has the focus";
    }
    return "";
  }

  function say() {
    const why = held();
    banner.hidden = why === "";
    if (why) banner.textContent = `Updates are paused: ${why}.`;
    const seconds = Math.round((Date.now() - freshAt) / 1000);
    const words = seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`;
    state.textContent = isLost
      ? `The dashboard doesn't answer. What you see is ${words} old.`
      : `Updated ${words} ago.`;
    document.body.classList.toggle("lost", isLost);
  }

  function setLost(now) {
    if (now !== isLost) {
      isLost = now;
      say();
      announcement.textContent = now ? state.textContent : "The dashboard answers again.";
    }
  }

  // What was chosen, in milliseconds; zero for only when asked.
  function period() {
    return Number(every.value) * 1000;
  }

  function live() {
    // Part of what a page says may name where it renews itself from.
    return region.querySelector("[data-live-from]")?.dataset.liveFrom ?? region.dataset.live;
  }

  async function renew({ asked = false } = {}) {
    if (busy) { missed = true; return; }
    if (document.hidden || (held() && !asked)) { missed = true; return; }
    busy = true;
    missed = false;
    askedAt = Date.now();
    region.setAttribute("aria-busy", "true");
    const headers = { "If-None-Match": region.dataset.etag };
    await htmx.ajax("GET", live(), { source: region, target: region, swap: "innerMorph", headers });
    region.removeAttribute("aria-busy");
    busy = false;
    say();
  }

  // What is read aloud once it is another than before.
  function kinds() {
    return [...region.querySelectorAll("[data-kinds]")].map((each) => each.dataset);
  }
  let before = kinds().map((each) => each.kinds);

  document.body.addEventListener("htmx:before:response", (event) => {
    const { ctx } = event.detail;
    if (ctx.sourceElement !== region) return;
    const { status } = ctx.response;
    if (status === 401) location.assign("/sign-in");
    // Somebody began something while the answer was on its way: it can wait.
    if (status === 200 && held()) { missed = true; ctx.swap = "none"; return; }
    setLost(status >= 500);
    if (status === 200 || status === 304) freshAt = Date.now();
    if (status === 200) region.dataset.etag = ctx.response.headers.get("ETag");
  });
  document.body.addEventListener("htmx:error", (event) => {
    if (event.detail.ctx?.sourceElement === region) setLost(true);
  });
  document.body.addEventListener("htmx:after:swap", (event) => {
    if (event.detail.ctx.sourceElement !== region) return;
    const titled = region.querySelector("[data-title]");
    if (titled) document.title = `${titled.dataset.title} · Momento`;
    // Read aloud when something new is to be said, not whenever a number moves.
    const now = kinds();
    const news = now.filter((each, place) => each.kinds !== before[place] && each.say);
    before = now.map((each) => each.kinds);
    if (news.length) announcement.textContent = `${news.map((each) => each.say).join(". ")}.`;
    document.dispatchEvent(new Event("momento:renewed"));
  });

  // The stream: only while the page can be seen, since a browser has few connections to a host.
  function listen() {
    if (document.hidden || period() === 0) {
      source?.close();
      source = null;
    } else if (!source) {
      source = new EventSource("/live");
      source.addEventListener("nudge", nudged);
    }
  }

  // However often something changes, the page is renewed once in the interval that was chosen.
  function nudged() {
    if (nudge) return;
    const wait = Math.max(0, period() - (Date.now() - askedAt)) + Math.random() * SPREAD_MS;
    nudge = setTimeout(() => {
      nudge = 0;
      if (!source) return;
      if (Date.now() - askedAt >= period()) renew();
      else nudged();
    }, wait);
  }

  function pause() {
    paused = !paused;
    button.textContent = paused ? "Go on" : "Pause";
    button.setAttribute("aria-pressed", String(paused));
    say();
    if (!paused) renew();
  }

  // What is shown until a moment goes then, whatever keeps the page from being renewed; by the clock
  // of the server or, should ours be late, by how long it has stood here.
  function mask() {
    const shown = region.querySelector("[data-until]");
    const until = shown?.dataset.until;
    if (until !== shownUntil) { shownUntil = until; shownAt = Date.now(); }
    if (!until) return;
    if (Date.now() < Date.parse(until) && Date.now() - shownAt < LONGEST_SHOWN_MS) return;
    const over = document.createElement("p");
    over.textContent = "Masked again: the ten minutes are over.";
    shown.replaceChildren(over);
    shown.removeAttribute("data-until");
    // What stands here is no longer what was sent.
    region.dataset.etag = "";
    announcement.textContent = over.textContent;
  }

  function tick() {
    mask();
    const apart = period() * (source?.readyState === EventSource.OPEN ? BENEATH_FACTOR : 1);
    if (apart && Date.now() - askedAt >= apart) renew();
    else if (missed && !busy && !held() && !document.hidden) renew();
    if (apart && !held() && !document.hidden && Date.now() - freshAt > period() * LATE_FACTOR + 5000) {
      setLost(true);
    }
    say();
  }

  document.getElementById("live-tools").hidden = false;
  every.value = localStorage.getItem("momento-every") ?? "5";
  if (every.selectedIndex < 0) every.value = "5";
  every.addEventListener("change", () => {
    localStorage.setItem("momento-every", every.value);
    listen();
    say();
  });
  button.addEventListener("click", pause);
  document.addEventListener("momento:pause", pause);
  document.addEventListener("momento:renew", () => renew({ asked: true }));
  document.addEventListener("visibilitychange", () => { listen(); tick(); });
  addEventListener("pagehide", () => { source?.close(); source = null; });
  addEventListener("pageshow", () => { listen(); mask(); });
  setInterval(tick, 1000);
  listen();
  say();
})();
