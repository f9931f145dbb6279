// A plugin in one file, as docs/plugin.md asks for one: node my-plugin.js URL REFRESH_TOKEN SANDBOX [JOURNAL]
//
// It acts on the simulated Vinted, by cookies that the simulation hands out. On the real one this has to run where the
// seller's own session is, which is a page in their browser: see plugin/extension.

import { appendFileSync, existsSync, fsyncSync, openSync, readFileSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { io } from "socket.io-client";

const [url, firstRefreshToken, sandbox, journalFile = "journal.ndjson"] = process.argv.slice(2);
const EARLY_MS = 120_000; // a token is renewed so long before it ends
const SHORTEST_MS = 1000; // between two tries, longer each time
const LONGEST_MS = 30_000;
const failed = (code, message, retryable = false) => ({ success: false, error: { code, message, retryable } });

// --- the journal: what has started, what was answered, and whose it is; on disk before the act and before the answer ---

const journal = new Map(); // request_id -> {started} or {answer}
const lines = existsSync(journalFile) ? readFileSync(journalFile, "utf8").split("\n").filter(Boolean) : [];
for (const line of lines) journal.set(JSON.parse(line).id, JSON.parse(line));
const file = openSync(journalFile, "a", 0o600);

function note(id, what) {
  journal.set(id, { id, ...what });
  appendFileSync(file, `${JSON.stringify({ id, ...what })}\n`);
  fsyncSync(file);
}

if (!journal.has("plugin_id")) note("plugin_id", { name: `example-${randomUUID()}` });

// --- the token ---

const token = { access: "", refresh: journal.get("refresh")?.token ?? firstRefreshToken };
const endsAt = () => (token.access ? JSON.parse(atob(token.access.split(".")[1])).exp * 1000 : 0);

async function renew() {
  const reply = await post(`${url}/auth/refresh`, { refresh_token: token.refresh });
  if (!reply.ok) throw new Error(`StoFlow answered ${reply.status}: ask the seller to connect again`);
  const pair = await reply.json();
  note("refresh", { token: pair.refresh_token }); // the old one is good for nothing any more
  [token.access, token.refresh] = [pair.access_token, pair.refresh_token];
}

async function renewInTime() {
  try {
    if (Date.now() < endsAt() - EARLY_MS) return;
    await renew();
    if (socket.connected) socket.emit("token", { token: token.access });
  } catch (error) {
    console.error("the token is not renewed:", error.message);
  }
}

// --- the socket ---

const socket = io(url, {
  transports: ["websocket"],
  autoConnect: false,
  timeout: 20_000,
  auth: (give) => give({ token: token.access, client: "plugin", plugin_id: journal.get("plugin_id").name }),
});
let [closes, refusals] = [0, 0]; // since it was let in
const longer = (times) => Math.min(LONGEST_MS, SHORTEST_MS * 2 ** Math.min(times, 5));

socket.on("connect", () => {
  [closes, refusals] = [0, 0];
  socket.io.reconnectionDelay(SHORTEST_MS);
  socket.emit("session_update", { marketplace: "vinted", ok: session.ok, reason: session.reason });
});
socket.io.on("close", () => socket.io.reconnectionDelay(longer(++closes))); // the client does not slow down by itself
socket.on("disconnect", (reason) => reason === "io server disconnect" && socket.connect());
socket.on("connect_error", ({ data, message }) => {
  if (!data) return; // the line is broken: the client comes back by itself
  console.error("refused:", message);
  setTimeout(() => void again(data.code), refusals++ === 0 ? 0 : longer(refusals)); // a new token may be refused too
});

async function again(code) {
  if (code === "not_authenticated") await renew().catch((error) => console.error(error.message)); // ask the seller
  socket.connect();
}

// --- the commands, one after another ---

const waiting = new Map();
let isBusy = false;
socket.on("plugin_command", (command) => {
  if (waiting.has(command.request_id)) return; // it is being done
  waiting.set(command.request_id, { command, until: performance.now() + command.left_s * 1000 }); // a clock that nobody sets
  if (!isBusy) void work();
});

async function work() {
  isBusy = true;
  for (const [id, { command, until }] of waiting) {
    const answer = await answered(command, until);
    waiting.delete(id);
    socket.emit("plugin_response", { request_id: id, ...answer });
  }
  isBusy = false;
}

async function answered({ request_id, action, payload, attempt }, until) {
  const known = journal.get(request_id);
  if (known?.answer) return known.answer;
  if (known) return failed("unknown", "The plugin was interrupted in this command.");
  const command = COMMANDS[action];
  if (!command) return failed("unknown_action", `This plugin does not know ${action}.`);
  if (performance.now() > until) return failed("deadline", "It came too late, and was not done.", true);
  if (command.acts) note(request_id, { started: true });
  const answer = await done(command, payload, attempt);
  if (command.acts) note(request_id, { answer });
  return answer;
}

async function done(command, payload, attempt) {
  try {
    return await answerOf(await command.call(payload, attempt), command.keep);
  } catch (error) {
    return error.code ? failed(error.code, error.message) : failed("no_answer", `Vinted gave no answer: ${error.message}`);
  }
}

async function answerOf(reply, keep = (body) => body) {
  const body = await reply.json().catch(() => null);
  if (body === null) return failed("not_json", "Vinted answered with a page.");
  if (reply.ok) return { success: true, data: { status: reply.status, body: keep(body) } };
  const retryAfter = Number(reply.headers.get("retry-after") ?? NaN);
  const data = { status: reply.status, body, ...(retryAfter >= 0 && { retry_after_s: retryAfter }) };
  if (reply.status === 401) say({ ok: false, reason: "The seller is signed out of Vinted." }); // before the answer
  return { ...failed(reply.status === 401 ? "session_lost" : `http_${reply.status}`, `Vinted answered ${reply.status}.`), data };
}

// --- the site, in the seller's session: here the simulation's ---

const session = { ok: true, reason: "", cookies: "", csrf: "", member: 0 };

function say(now) {
  Object.assign(session, now);
  socket.emit("session_update", { marketplace: "vinted", ok: session.ok, reason: session.reason });
}

async function signIn() {
  const seller = await (await fetch(`${sandbox}/control/sessions/1?marketplace=vinted`)).json();
  session.cookies = Object.entries(seller.session.cookies).map(([name, value]) => `${name}=${value}`).join("; ");
  session.csrf = seller.session.csrf_token;
  session.member = seller.settings.user_id;
}

/** One call; `attempt` is for the simulation's ledger alone, which counts by it what was done twice. */
function site(method, path, { json, form, attempt } = {}) {
  const headers = { cookie: session.cookies, ...(attempt && { "x-stoflow-attempt": attempt }) };
  if (method !== "GET") headers["x-csrf-token"] = session.csrf;
  if (json) headers["content-type"] = "application/json";
  return fetch(`${sandbox}/vinted/api/v2${path}`, { method, headers, body: json ? JSON.stringify(json) : form });
}

async function uploadPhoto(payload, attempt) {
  const photo = await fetch(url + payload.url, { headers: { authorization: `Bearer ${token.access}` } });
  if (photo.status === 404) throw Object.assign(new Error("StoFlow has no such photo."), { code: "photo_missing" });
  if (!photo.ok) throw Object.assign(new Error("StoFlow's photo cannot be read."), { code: "unreachable" });
  const form = new FormData();
  form.append("photo[type]", "item");
  form.append("photo[temp_uuid]", payload.temp_uuid);
  form.append("photo[file]", await photo.blob(), "photo");
  return site("POST", "/photos", { form, attempt });
}

const acts = (call) => ({ acts: true, call });
const pick = (whole, names) => Object.fromEntries(names.filter((name) => name in whole).map((name) => [name, whole[name]]));

/** Nothing of a buyer's: the member's own messages, and what the schema names. */
function ofConversation({ conversation }) {
  const mine = (message) => [undefined, null, session.member].includes((message.entity ?? message).user_id);
  const { transaction, messages } = conversation;
  return {
    conversation: {
      ...pick(conversation, ["id", "allow_reply"]),
      ...(transaction && { transaction: pick(transaction, ["id", "item_id"]) }),
      messages: messages.filter(mine),
    },
  };
}

const COMMANDS = {
  "vinted.photo.upload": acts(uploadPhoto),
  "vinted.draft.create": acts((body, attempt) => site("POST", "/item_upload/drafts", { json: body, attempt })),
  "vinted.draft.complete": acts(({ id, ...body }, attempt) =>
    site("POST", `/item_upload/drafts/${Number(id)}/completion`, { json: body, attempt })),
  "vinted.item.get": { call: ({ id }) => site("GET", `/item_upload/items/${Number(id)}`) },
  "vinted.conversation.get": { call: ({ id }) => site("GET", `/conversations/${Number(id)}`), keep: ofConversation },
  "vinted.user.get": { call: () => site("GET", "/users/current") },
};

// --- begin ---

await signIn();
await renew();
socket.connect();
setInterval(renewInTime, 5000);
await renewInTime();

async function post(address, body) {
  const headers = { "content-type": "application/json" };
  return fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
}
