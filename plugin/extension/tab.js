// The tab in which commands are done: one of the site's own pages, opened for that, in the seller's own session.

import { SITE } from "./config.js";
import { failed, NO_TAB, TAB_GONE } from "./answers.js";

const SCRIPTS = ["vinted.js", "page.js"];
const OPEN_WITHIN_MS = 30_000;
const waiting = new Map(); // request_id -> {resolve, tab}

/** Return {tab, page}: the tab, and the id of the document in it that is ready to act; null where none can be opened. */
export async function ready() {
  try {
    const tab = (await known()) ?? (await opened());
    await loaded(tab);
    await chrome.scripting.executeScript({ target: { tabId: tab }, files: SCRIPTS });
    const { page } = await chrome.tabs.sendMessage(tab, { kind: "who" });
    return { tab, page };
  } catch {
    return null;
  }
}

/** Do a command in the document; returns the answer, whichever life of this worker hears it. */
export async function perform(place, asked) {
  const answer = heard(asked.request_id, place.tab);
  await tell(place.tab, { kind: "perform", site: SITE, ...asked });
  return answer;
}

/** Ask the document that was to do a command what came of it: {state: "none" | "running" | "done" | "gone", answer}. */
export async function recall({ tab, page, request_id }) {
  try {
    const said = await chrome.tabs.sendMessage(tab, { kind: "recall", request_id });
    return said?.page === page ? said : { state: "gone" };
  } catch {
    return { state: "gone" };
  }
}

/** Wait for the answer of a command that a document is doing. */
export function heard(requestId, tab) {
  return new Promise((resolve) => waiting.set(requestId, { resolve, tab }));
}

/** A document says what came of a command. Returns whether anybody in this life waits for it. */
export function hear({ request_id, answer }) {
  const one = waiting.get(request_id);
  waiting.delete(request_id);
  one?.resolve(answer);
  return Boolean(one);
}

/** The document in a tab is gone: nobody will hear of what it was doing. */
export function lose(tab) {
  for (const [requestId, one] of waiting) if (one.tab === tab) hear({ request_id: requestId, answer: TAB_GONE });
}

/** Show the seller the tab as the site shows it now, because only a person can go on there. */
export async function show() {
  const tab = (await known()) ?? (await opened());
  await chrome.tabs.update(tab, { active: true });
  await chrome.tabs.reload(tab);
}

/** Write across the tab what is being done in it. */
export async function announce(text) {
  const tab = await known();
  if (tab !== undefined) await tell(tab, { kind: "announce", text });
}

/** Ask the site who is signed in. */
export async function check() {
  const place = await ready();
  if (!place) return NO_TAB;
  return perform(place, { request_id: crypto.randomUUID(), action: "vinted.user.get", payload: {} });
}

async function tell(tab, message) {
  try {
    return await chrome.tabs.sendMessage(tab, message);
  } catch (error) {
    if (message.request_id) hear({ request_id: message.request_id, answer: failed("no_answer", String(error)) });
    return undefined;
  }
}

async function known() {
  const { tab } = await chrome.storage.session.get("tab");
  if (tab === undefined) return undefined;
  const found = await chrome.tabs.get(tab).catch(() => undefined);
  return found && (found.url ?? found.pendingUrl ?? "").startsWith(`${SITE}/`) ? tab : undefined;
}

async function opened() {
  const tab = await chrome.tabs.create({ url: `${SITE}/`, active: false, pinned: true });
  await chrome.tabs.update(tab.id, { autoDiscardable: false });
  await chrome.storage.session.set({ tab: tab.id });
  return tab.id;
}

async function loaded(tab) {
  if ((await chrome.tabs.get(tab)).status === "complete") return;
  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => end(reject, new Error("the page does not load")), OPEN_WITHIN_MS);
    const look = (id, change) => id === tab && change.status === "complete" && end(resolve);
    function end(settle, value) {
      clearTimeout(timer);
      chrome.tabs.onUpdated.removeListener(look);
      settle(value);
    }
    chrome.tabs.onUpdated.addListener(look);
    void chrome.tabs.get(tab).then((now) => now.status === "complete" && end(resolve), (error) => end(reject, error));
  });
}
