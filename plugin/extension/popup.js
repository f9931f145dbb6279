import { ask, byId, onClick } from "./asking.js";

const EVERY_MS = 1000;
const STANDING = {
  off: "Switched off. It does nothing until you have read the terms and switched it on.",
  stopped: "Stopped: you are needed.",
  paused: "Paused by you. Nothing is done until you go on.",
  away: "Not connected to StoFlow.",
  busy: "Working: ",
  ready: "Connected. Nothing to do.",
};
const WORDS = {
  "vinted.photo.upload": "Upload a photo",
  "vinted.draft.create": "Make a draft",
  "vinted.draft.complete": "Publish an item",
  "vinted.draft.delete": "Delete a draft",
  "vinted.item.update": "Change an item",
  "vinted.item.delete": "Delete an item",
  "vinted.item.get": "Read an item",
  "vinted.wardrobe.list": "Read your wardrobe",
  "vinted.message.send": "Send a message",
  "vinted.orders.list": "Read your orders",
  "vinted.transaction.get": "Read a sale",
  "vinted.conversation.get": "Read a conversation",
  "vinted.user.get": "See who is signed in",
};
const RESULTS = {
  begun: "under way",
  done: "done",
  datadome: "needs you",
  session_lost: "needs you",
  http_403: "needs you",
  no_answer: "no answer",
  unknown: "interrupted",
  http_404: "not there",
};

async function show() {
  const state = await ask("state");
  const doing = state.standing === "busy" ? (WORDS[state.doing] ?? state.doing) : "";
  const refusal = state.standing === "away" && state.refusal ? ` ${state.refusal}` : "";
  byId("standing").textContent = STANDING[state.standing] + doing + refusal;
  byId("trouble").hidden = !state.stopped;
  byId("why").textContent = state.stopped ? `${state.stopped.message} Answer it on the page yourself, then go on.` : "";
  byId("pause").hidden = state.paused || !state.accepted;
  byId("resume").hidden = !state.paused;
  byId("done").replaceChildren(...state.done.map(line));
}

function line({ action, at, result, replayed }) {
  const item = document.createElement("li");
  const time = Object.assign(document.createElement("time"), { textContent: new Date(at).toLocaleTimeString() });
  const what = Object.assign(document.createElement("span"), { textContent: WORDS[action] ?? action, className: "what" });
  const how = Object.assign(document.createElement("span"), {
    textContent: `${RESULTS[result] ?? `refused (${result})`}${replayed ? ", told again" : ""}`,
    className: ["done", "begun"].includes(result) ? "" : "bad",
  });
  item.append(time, what, how);
  return item;
}

for (const id of ["pause", "resume", "go_on", "show_tab"]) {
  onClick(id, byId("fault"), async () => {
    await ask(id);
    await show();
  });
}
await show();
setInterval(() => void show(), EVERY_MS);
