// The commands, one at a time and at a person's pace: journal, tab, answer.

import { IS_SIMULATED, PAUSE_MS } from "./config.js";
import { CHALLENGE, failed, INTERRUPTED, LATE, NO_TAB, PAUSED, stopped, troubleIn } from "./answers.js";
import * as journal from "./journal.js";
import * as link from "./link.js";
import * as settings from "./settings.js";
import * as stoflow from "./stoflow.js";
import * as tab from "./tab.js";

const MARKETPLACE = "vinted";
export const ACTS = new Set(
  ["photo.upload", "draft.create", "draft.complete", "draft.delete", "item.update", "item.delete", "message.send"].map(
    (name) => `vinted.${name}`,
  ),
);
const READS = new Set(
  ["item.get", "wardrobe.list", "orders.list", "transaction.get", "conversation.get", "user.get"].map(
    (name) => `vinted.${name}`,
  ),
);

const queue = new Map(); // request_id -> {command, received, at}
let busy = "";
let onChange = () => {};

export const current = () => busy;
export const watch = (changed) => (onChange = changed);

/** Put a command in line. One that waits or is being done already is not put there twice. */
export function receive(command) {
  if (typeof command?.request_id !== "string" || typeof command.action !== "string") return;
  if (queue.has(command.request_id)) return;
  queue.set(command.request_id, { command, leftMs: leftOf(command), at: now() });
  void work();
}

/** What is left of its time: as StoFlow counts it, for this machine's clock may be wrong. */
const leftOf = ({ left_s: leftS, deadline }) => (Number.isFinite(leftS) ? leftS * 1000 : Date.parse(deadline) - Date.now());

/** Give up what has not begun: StoFlow sends it again where it is still wanted. */
export const forget = () => queue.clear();

const now = () => ({ steady: performance.now(), wall: Date.now() });

/** Two clocks: one that nobody sets, and one that goes on while the machine sleeps. */
function isLate({ leftMs, at }) {
  return Number.isFinite(leftMs) && Math.max(performance.now() - at.steady, Date.now() - at.wall) > leftMs;
}

async function work() {
  if (busy) return;
  for (;;) {
    const [next] = queue.values();
    if (!next) return;
    busy = next.command.action;
    onChange();
    try {
      await respond(next.command, await answer(next));
    } catch (error) {
      console.error(next.command.action, error); // unanswered: it comes again over the next connection
    } finally {
      busy = "";
      queue.delete(next.command.request_id);
      onChange();
    }
  }
}

async function answer(received) {
  const { command } = received;
  const row = await journal.find(command.request_id);
  if (row?.answer) {
    await journal.noteReplay(row);
    return row.answer;
  }
  if (row) {
    const found = await recovered(row);
    if (found) return journal.finish(command.request_id, found);
  }
  return (await whyNot(received)) ?? done(received);
}

/** Return what came of a command that an earlier life of this worker began; null where it is certain that nothing did. */
async function recovered(row) {
  const said = await tab.recall(row);
  if (said.state === "done") return said.answer;
  if (said.state === "running") return tab.heard(row.request_id, row.tab);
  return said.state === "none" || !row.acts ? null : INTERRUPTED;
}

async function whyNot(received) {
  const { action } = received.command;
  if (!ACTS.has(action) && !READS.has(action)) return failed("unknown_action", `This plugin does not know ${action}.`);
  const { paused, stopped: trouble } = await settings.read();
  if (trouble) return stopped(trouble);
  if (paused) return PAUSED;
  return isLate(received) ? LATE : null;
}

async function done(received) {
  const { command } = received;
  const acts = ACTS.has(command.action);
  const asked = { request_id: command.request_id, action: command.action, payload: command.payload ?? {} };
  if (IS_SIMULATED) asked.attempt = command.attempt; // the sandbox's ledger counts by it; the real site is told nothing
  if (command.action === "vinted.photo.upload") {
    const photo = await photoOf(asked.payload);
    if (photo.error) return photo;
    asked.photo = photo;
  }
  const place = await tab.ready();
  if (!place) return NO_TAB;
  if (acts) await pace();
  const reason = await whyNot(received);
  if (reason) return reason;
  await journal.start(command, { acts, ...place });
  void tab.announce(command.action);
  const found = await tab.perform(place, asked);
  if (acts) await chrome.storage.session.set({ last_act: Date.now() });
  return journal.finish(command.request_id, found);
}

async function photoOf({ url }) {
  try {
    const photo = await stoflow.fetchPhoto(url);
    if (photo.missing) return failed("photo_missing", "StoFlow has no such photo any more.");
    return photo.unreachable ? failed("unreachable", "The photo cannot be fetched from StoFlow.", true) : photo;
  } catch (error) {
    return failed("bad_payload", String(error));
  }
}

async function pace() {
  const { last_act: lastAct = 0 } = await chrome.storage.session.get("last_act"); // also of an earlier life
  const left = lastAct + PAUSE_MS - Date.now();
  if (left > 0) await new Promise((resolve) => setTimeout(resolve, Math.min(left, PAUSE_MS)));
}

/** Tell StoFlow of a session in trouble before the answer that shows it, and stop. */
async function respond(command, said) {
  const trouble = troubleIn(said);
  const { stopped: already } = await settings.read();
  if (trouble && !already) await stop(trouble);
  link.say("plugin_response", { request_id: command.request_id, ...said });
}

export async function stop({ code, message }) {
  await settings.write({ stopped: { code, message, at: Date.now() } });
  tellTrouble({ code, message });
  await tab.show();
}

function tellTrouble({ code, message }) {
  if (code === CHALLENGE) link.say("datadome_detected", { marketplace: MARKETPLACE, reason: message });
  else tellState(false, message);
}

export const tellState = (ok, reason = "") => link.say("session_update", { marketplace: MARKETPLACE, ok, reason });

/** Say on a new connection how the session is: as it was known last, and asked of the site where it never was. */
export async function greet() {
  const { paused, stopped: trouble, checked } = await settings.read();
  if (trouble) tellTrouble(trouble);
  else if (paused) tellState(false, "The seller has paused the plugin.");
  else if (checked) tellState(true);
  else await check();
}

/** Ask the site once who is signed in: at the first connection, and when the seller says that it works again. */
export async function check() {
  const said = await tab.check();
  const trouble = troubleIn(said);
  if (trouble) {
    await stop(trouble);
  } else if (said.success) {
    await settings.write({ stopped: null, checked: true });
    tellState(true);
  }
  onChange();
  return said;
}

export async function pause(paused) {
  await settings.write({ paused });
  await greet();
  onChange();
}
