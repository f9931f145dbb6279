// The socket to StoFlow: the official client, websocket only, which comes back by itself and says the newest token.

import { io } from "./vendor/socket.io.esm.min.js";
import { STOFLOW } from "./config.js";
import * as settings from "./settings.js";
import * as tokens from "./tokens.js";

const SHORTEST_MS = 1000;
const LONGEST_MS = 30_000;
const TIMEOUT_MS = 20_000;

let socket;
let told = ""; // the token that StoFlow has of us
let turnedAway = 0; // closes since the last welcome: the client itself does not count those
let refusal = "";
let renewals = 0;
let mayRenew = true; // once for each time that somebody wants to connect: a new token that is refused too waits

export const isConnected = () => Boolean(socket?.connected);
export const renewedTimes = () => renewals;
export const refusedBecause = () => refusal;

/** Connect, or make sure of it. `on` has open, command and change. */
export function open(on) {
  if (!socket) make(on);
  if (socket.active) return;
  mayRenew = true;
  socket.connect();
}

export function close() {
  socket?.disconnect();
  socket = undefined;
}

/** Say something; what could not be said now is asked for again after the reconnect. */
export function say(event, payload) {
  if (socket?.connected) socket.emit(event, payload);
}

/** Tell StoFlow of a newer token before the old one ends. */
export async function renew() {
  const token = await tokens.current();
  if (token && token !== told && socket?.connected) {
    told = token;
    socket.emit("token", { token }, (said) => (renewals += said?.ok ? 1 : 0));
  }
}

function make(on) {
  socket = io(STOFLOW, {
    transports: ["websocket"],
    autoConnect: false,
    timeout: TIMEOUT_MS,
    reconnectionDelay: SHORTEST_MS,
    reconnectionDelayMax: LONGEST_MS,
    auth: (give) => void hello().then(give),
  });
  const mine = socket;
  socket.on("connect", () => {
    [turnedAway, refusal] = [0, ""];
    socket.io.reconnectionDelay(SHORTEST_MS);
    on.open();
  });
  socket.on("disconnect", (reason) => {
    if (reason === "io server disconnect") mine.connect(); // the one end after which the client stays away
    on.change();
  });
  socket.io.on("close", () => slowDown(mine));
  socket.on("connect_error", (error) => void refused(mine, error).then(on.change));
  socket.on("plugin_command", on.command);
  socket.on("token", ({ token }) => void tokens.take({ access: token }));
}

async function hello() {
  told = await tokens.current();
  return { token: told, client: "plugin", plugin_id: (await settings.read()).plugin_id };
}

/** What passes by itself closes before it answers: the client would come back every second. */
function slowDown(mine) {
  turnedAway += 1;
  mine.io.reconnectionDelay(Math.min(LONGEST_MS, SHORTEST_MS * 2 ** Math.min(turnedAway, 5)));
}

/** Only a CONNECT_ERROR has data: StoFlow will not let us in as we are, and the client stays away. */
async function refused(mine, error) {
  if (!error.data) return;
  refusal = error.message;
  if (error.data.code !== "not_authenticated" || !mayRenew) return; // the alarm tries again
  mayRenew = false;
  refusal = (await tokens.renew()) || "";
  if (!refusal) mine.connect();
}
