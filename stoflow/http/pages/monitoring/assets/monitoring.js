"use strict";
// Keeps a page as it is now: parts of it come again by server-sent events. Without this script a reload does the same.

const at = document.body.dataset.liveAt;
const state = document.getElementById("state");
const pause = document.getElementById("pause");
let source = null;

function say(word, kind) {
  if (state === null) return;
  state.textContent = word;
  state.className = `state ${kind}`;
}

// --- times --------------------------------------------------------------------------------------------------------

const UNITS = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];

function span(seconds) {
  const found = UNITS.findIndex(([size]) => seconds >= size);
  if (found < 0) return "0 s";
  const [size, name] = UNITS[found];
  const whole = Math.floor(seconds / size);
  const rest = UNITS[found + 1] ? Math.floor((seconds - whole * size) / UNITS[found + 1][0]) : 0;
  return rest && whole < 10 ? `${whole} ${name} ${rest} ${UNITS[found + 1][1]}` : `${whole} ${name}`;
}

const IN_WORDS = {
  ago: (away) => (away > 0 ? `in ${span(away)}` : `${span(-away)} ago`),
  for: (away) => span(-away),
  until: (away) => (away > 0 ? `for ${span(away)}` : "due now"),
};

function tellTimes() {
  for (const time of document.querySelectorAll("time[data-as]")) {
    const text = IN_WORDS[time.dataset.as]((Date.parse(time.dateTime) - Date.now()) / 1000);
    if (time.textContent !== text) time.textContent = text;
  }
}

// --- what changes -------------------------------------------------------------------------------------------------

function replace(part, html) {
  if (part.innerHTML === html) return;
  const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
  const open = [...part.querySelectorAll("details[open][id]")].map((each) => each.id);
  part.innerHTML = html;
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (focused) document.getElementById(focused)?.focus();
  tellTimes();
}

function follow() {
  source = new EventSource(at);
  source.onopen = () => say("live", "live");
  source.onerror = () => {
    say("reconnecting …", "away");
    if (source.readyState === EventSource.CLOSED) setTimeout(again, 3000);
  };
  source.addEventListener("over", () => location.reload());
  for (const part of document.querySelectorAll("[data-live]")) {
    source.addEventListener(part.dataset.live, (event) => replace(part, JSON.parse(event.data)));
  }
}

function stop() {
  source?.close();
  source = null;
}

// Refused for good, as after signing out elsewhere: the page itself says why.
async function again() {
  try {
    const answer = await fetch(location.href, { method: "HEAD", redirect: "manual" });
    if (answer.type === "opaqueredirect" || answer.status === 403) location.reload();
    else turn();
  } catch {
    setTimeout(again, 3000);
  }
}

// A hidden page holds no connection: a browser has six of them for one host.
function turn() {
  const paused = pause?.getAttribute("aria-pressed") === "true";
  stop();
  if (paused) say("paused", "away");
  else if (!document.hidden) follow();
}

if (at) {
  pause.hidden = false;
  pause.addEventListener("click", () => {
    pause.setAttribute("aria-pressed", String(pause.getAttribute("aria-pressed") !== "true"));
    turn();
  });
  document.addEventListener("visibilitychange", turn);
  turn();
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.closest("input, textarea, select")) return;
  const search = document.querySelector("input[type=search]");
  if (search) {
    event.preventDefault();
    search.focus();
  }
});

tellTimes();
setInterval(tellTimes, 1000);
