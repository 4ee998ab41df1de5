// Brings the board up to date every few seconds: fetches its parts and changes only those that
// differ, so that nothing flickers. Waits while the page is hidden, paused, or being copied from.
"use strict";

const EVERY_MS = 5000;
const GIVE_UP_MS = 4000;
const board = document.getElementById("board");
const connection = document.getElementById("connection");
const announcement = document.getElementById("announcement");
const button = document.getElementById("pause");
let paused = false;
let busy = false;
let lost = false;

const kinds = () => document.getElementById("verdict").dataset.kinds;

function isBeingCopied() {
  const selection = document.getSelection();
  return !selection.isCollapsed && board.contains(selection.anchorNode);
}

function put(html) {
  const before = kinds();
  const fresh = new DOMParser().parseFromString(html, "text/html");
  // The parts are the elements with an id, except headings, which never change.
  for (const part of fresh.querySelectorAll("div[id], p[id]")) {
    const shown = document.getElementById(part.id);
    if (shown.innerHTML !== part.innerHTML) shown.replaceChildren(...part.childNodes);
    Object.assign(shown.dataset, part.dataset);
  }
  document.title = document.getElementById("verdict").dataset.title;
  // Read aloud when something new is to be said, not whenever a number moves.
  if (kinds() !== before) announcement.textContent = document.querySelector("h1").textContent;
}

function setLost(isLost) {
  if (isLost !== lost) {
    const time = document.querySelector("#as-of time").textContent;
    connection.textContent = isLost
      ? `The dashboard doesn't answer. What you see is from ${time} UTC.`
      : "Renewed every 5 s.";
    announcement.textContent = connection.textContent;
    document.body.classList.toggle("lost", isLost);
  }
  lost = isLost;
}

async function renew() {
  if (paused || busy || document.hidden || isBeingCopied()) return;
  busy = true;
  try {
    const signal = AbortSignal.timeout(GIVE_UP_MS);
    const answer = await fetch("/?fragment", { redirect: "manual", signal });
    if (answer.type === "opaqueredirect") {
      // Signed out, here or elsewhere.
      location.assign("/sign-in");
      return;
    }
    if (!answer.ok) throw new Error(answer.statusText);
    put(await answer.text());
    setLost(false);
  } catch {
    setLost(true);
  } finally {
    busy = false;
  }
}

button.hidden = false;
button.addEventListener("click", () => {
  paused = !paused;
  button.textContent = paused ? "Go on" : "Pause";
  connection.textContent = paused ? "Paused." : "Renewed every 5 s.";
  lost = false;
  document.body.classList.remove("lost");
  renew();
});
document.addEventListener("visibilitychange", renew);
setInterval(renew, EVERY_MS);
