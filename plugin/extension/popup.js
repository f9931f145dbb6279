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
  "vinted.photo.upload": "Uploaded a photo",
  "vinted.draft.create": "Made a draft",
  "vinted.draft.complete": "Published an item",
  "vinted.draft.delete": "Deleted a draft",
  "vinted.item.update": "Changed an item",
  "vinted.item.delete": "Deleted an item",
  "vinted.item.get": "Read an item",
  "vinted.wardrobe.list": "Read your wardrobe",
  "vinted.message.send": "Sent a message",
  "vinted.orders.list": "Read your orders",
  "vinted.transaction.get": "Read a sale",
  "vinted.conversation.get": "Read a conversation",
  "vinted.user.get": "Asked who is signed in",
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
    textContent: replayed ? `${result}, told again` : result,
    className: result === "done" ? "" : "bad",
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
