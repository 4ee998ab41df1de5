// Keys, the dialog that lists them, and dark or light. Nothing here is needed to read a page.
"use strict";

const YEAR_S = 31536000;
const byId = (id) => document.getElementById(id);

// Dark or light: what the system says until somebody chooses. A cookie, so that the server can
// say it in the page and nothing flashes.
const theme = byId("theme");
const dark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : dark.matches;
};
const nameTheme = () => { theme.textContent = isDark() ? "Light" : "Dark"; };

function changeTheme() {
  const chosen = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = chosen;
  document.cookie = `momento-theme=${chosen}; path=/; max-age=${YEAR_S}; samesite=strict`;
  nameTheme();
}

theme.hidden = false;
theme.addEventListener("click", changeTheme);
dark.addEventListener("change", nameTheme);
nameTheme();

// The dialog. The browser gives the focus back when it is closed.
const help = byId("help");
const keysOn = byId("keys-on");
byId("help-open").hidden = false;
byId("help-open").addEventListener("click", () => help.showModal());
keysOn.checked = localStorage.getItem("momento-keys") !== "off";
keysOn.addEventListener("change", () => {
  localStorage.setItem("momento-keys", keysOn.checked ? "on" : "off");
});

// From row to row: to the first thing in the row that can be focused.
function toRow(step) {
  const rows = [...document.querySelectorAll("#main [data-row]")];
  if (rows.length === 0) return;
  const here = rows.findIndex((row) => row.contains(document.activeElement));
  const next = here < 0 ? (step > 0 ? 0 : rows.length - 1) : here + step;
  rows[Math.min(Math.max(next, 0), rows.length - 1)].querySelector("a, button, input")?.focus();
}

const KEYS = {
  "/": () => byId("find").focus(),
  "?": () => help.showModal(),
  j: () => toRow(1),
  k: () => toRow(-1),
  r: () => document.dispatchEvent(new Event("momento:renew")),
  p: () => document.dispatchEvent(new Event("momento:pause")),
  t: changeTheme,
};

function isTyping(target) {
  return target.closest("input:not([type=checkbox]):not([type=radio]), select, textarea") !== null;
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target === byId("find")) event.target.blur();
  if (event.ctrlKey || event.altKey || event.metaKey || isTyping(event.target)) return;
  if (!keysOn.checked || document.querySelector("dialog[open]")) return;
  const link = document.querySelector(`.menu a[data-key="${CSS.escape(event.key)}"]`);
  const act = link ? () => link.click() : KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

// A whole page of rows is ticked at once; what is chosen is counted where it can be acted on.
function countPicked(form) {
  const boxes = [...form.querySelectorAll("input[name=pick]")];
  const picked = boxes.filter((box) => box.checked).length;
  const all = form.querySelector("[data-pick-all]");
  if (all) {
    all.checked = picked > 0 && picked === boxes.length;
    all.indeterminate = picked > 0 && picked < boxes.length;
  }
  for (const each of form.querySelectorAll("[data-picked]")) each.textContent = picked;
  for (const each of form.querySelectorAll("[data-needs-picks]")) each.disabled = picked === 0;
}

let lastPicked = null;
document.addEventListener("click", (event) => {
  const box = event.target;
  const form = box.closest?.("form[data-picking]");
  if (!form) return;
  const boxes = [...form.querySelectorAll("input[name=pick]")];
  if (box.matches("[data-pick-all]")) {
    for (const each of boxes) each.checked = box.checked;
  } else if (box.matches("input[name=pick]")) {
    // With Shift, everything between this one and the last, by their places on the page.
    const from = boxes.indexOf(lastPicked);
    const to = boxes.indexOf(box);
    if (event.shiftKey && from >= 0) {
      const [low, high] = from < to ? [from, to] : [to, from];
      for (const each of boxes.slice(low, high + 1)) each.checked = box.checked;
    }
    lastPicked = box;
  }
  countPicked(form);
});
document.querySelectorAll("form[data-picking]").forEach(countPicked);
document.addEventListener("momento:renewed", () => {
  document.querySelectorAll("form[data-picking]").forEach(countPicked);
});

// What was just done is said once: going back or renewing doesn't say it again.
const here = new URL(location.href);
if (here.searchParams.has("said")) {
  here.searchParams.delete("said");
  history.replaceState(null, "", here);
}

// What is to be sent on is copied by a press; where the browser has no clipboard for us, as over
// plain HTTP, it is selected and the keys do it.
async function copy(button) {
  const area = byId(button.dataset.copy);
  area.focus();
  area.select();
  let done = true;
  try {
    await navigator.clipboard.writeText(area.value);
  } catch {
    done = document.execCommand("copy");
  }
  const said = document.querySelector(`[data-copied="${CSS.escape(button.dataset.copy)}"]`);
  said.textContent = done ? "Copied." : "It is selected: copy it with the keys.";
}
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button));
}
