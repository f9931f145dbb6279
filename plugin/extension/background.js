// The service worker: the browser ends it when it likes, and whatever wakes it finds all that it needs on disk.

import { PLATFORMS, SITE, STOFLOW } from "./config.js";
import * as journal from "./journal.js";
import * as link from "./link.js";
import * as runner from "./runner.js";
import * as settings from "./settings.js";
import * as stoflow from "./stoflow.js";
import * as tab from "./tab.js";
import * as tokens from "./tokens.js";

const ALARM = "wake";
const EVERY_MIN = 0.5;
const SHOWN = 50;
const BORN = Date.now(); // of this life of the worker

/** Connect where the seller has switched the plugin on; called by everything that wakes this worker. */
async function wake() {
  const { accepted, access, refresh } = await settings.read();
  if (accepted && (access || refresh)) {
    link.open({ open: () => void runner.greet(), command: runner.receive, change: () => void show() });
    await link.renew();
  }
  await show();
}

const BADGES = {
  off: ["off", "#666"],
  stopped: ["!", "#c00"],
  paused: ["II", "#b60"],
  away: ["…", "#666"],
  busy: ["▶", "#06c"],
  ready: ["on", "#080"],
};

async function standing() {
  const kept = await settings.read();
  if (!kept.accepted) return "off";
  if (kept.stopped) return "stopped";
  if (kept.paused) return "paused";
  if (!link.isConnected()) return "away";
  return runner.current() ? "busy" : "ready";
}

async function show() {
  const now = await standing();
  const [text, color] = BADGES[now];
  await chrome.action.setBadgeBackgroundColor({ color });
  await chrome.action.setBadgeText({ text });
  if (now !== "busy") await tab.announce(now === "paused" ? "paused" : "");
}

async function state() {
  const { accepted, paused, stopped, plugin_id, access, refresh } = await settings.read();
  return {
    standing: await standing(),
    site: SITE,
    stoflow: STOFLOW,
    plugin_id,
    tenant: tokens.claimsOf(access).sub ?? null,
    has_token: Boolean(access || refresh),
    accepted,
    paused,
    stopped,
    refusal: link.refusedBecause(),
    born: BORN,
    renewed: link.renewedTimes(),
    doing: runner.current(),
    done: (await journal.newest(SHOWN)).map(({ request_id, action, at, ended_at, answer, replayed }) => ({
      ...{ request_id, action, at, ended_at, replayed },
      result: answer ? (answer.success ? "done" : answer.error.code) : "begun",
    })),
  };
}

async function switchOn(version) {
  const { accepted_at } = await stoflow.acceptTerms(version); // recorded at StoFlow before anything is done here
  await settings.write({ accepted: { version, at: accepted_at } });
  await wake();
}

async function switchOff() {
  await settings.write({ accepted: null });
  runner.forget();
  link.close();
  await show();
}

async function take(given) {
  const fault = await tokens.take(given);
  if (fault) throw new Error(fault);
  if (!link.isConnected()) link.close(); // the next hello says the new token; an open socket is told of it
  await wake();
}

/** A pasted text is an access token, which has three parts, or a refresh token. */
const pasted = (text) => (text.split(".").length === 3 ? { access: text } : { refresh: text });

const ASKED = {
  state,
  token: ({ text }) => take(pasted(text.trim())),
  terms: () => stoflow.readTerms(),
  switch_on: ({ version }) => switchOn(version),
  switch_off: switchOff,
  pause: () => runner.pause(true),
  resume: () => runner.pause(false),
  go_on: () => runner.check(),
  show_tab: () => tab.show(),
};

/** What the extension's own pages ask, and what its script in the site's tab has done. */
chrome.runtime.onMessage.addListener((message, sender, respond) => {
  if (message.kind === "performed") {
    void performed(message);
    return false;
  }
  const isOurPage = sender.url?.startsWith(chrome.runtime.getURL(""));
  if (!isOurPage || !Object.hasOwn(ASKED, message.kind)) return false;
  Promise.resolve(ASKED[message.kind](message))
    .then((value) => respond({ value: value ?? null }), (error) => respond({ error: error.message }))
    .finally(show);
  return true;
});

/** It may have woken this worker: then nobody waits, and the journal keeps the answer for when the command comes again. */
async function performed(message) {
  if (tab.hear(message)) return;
  if (await journal.find(message.request_id)) await journal.finish(message.request_id, message.answer);
  await wake();
}

/** The platform's page hands over the seller's tokens: {kind: "stoflow.token", access_token, refresh_token?}. */
chrome.runtime.onMessageExternal.addListener((message, sender, respond) => {
  if (!PLATFORMS.includes(sender.origin) || message?.kind !== "stoflow.token") return false;
  take({ access: message.access_token ?? "", refresh: message.refresh_token ?? "" }).then(
    async () => respond({ ok: true, is_on: Boolean((await settings.read()).accepted) }),
    (error) => respond({ ok: false, error: error.message }),
  );
  return true;
});

chrome.tabs.onRemoved.addListener((id) => tab.lose(id));
chrome.tabs.onUpdated.addListener((id, change) => change.status === "loading" && tab.lose(id));
chrome.alarms.onAlarm.addListener(() => void wake());
chrome.runtime.onStartup.addListener(() => void wake());
chrome.runtime.onInstalled.addListener(({ reason }) => {
  if (reason === "install") void chrome.runtime.openOptionsPage();
});
runner.watch(() => void show());
void chrome.alarms.create(ALARM, { periodInMinutes: EVERY_MIN });
void wake();
