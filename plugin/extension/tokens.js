// The newest access token: the one pasted or handed over, or the one that its refresh token brought.

import { STOFLOW } from "./config.js";
import * as settings from "./settings.js";

const EARLY_MS = 120_000;

/** Return what a token says of itself, {} where it is none; StoFlow is who checks it. */
export function claimsOf(token) {
  try {
    const body = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    return JSON.parse(atob(body));
  } catch {
    return {};
  }
}

const endsAt = (token) => (claimsOf(token).exp ?? 0) * 1000;

/** StoFlow's time of day: this machine's clock may be wrong, which an exchange tells. */
const nowThere = async () => Date.now() + (await settings.read()).behind;

/** Take what a seller pasted or a page handed over. Returns "" or why it is not taken. */
export async function take({ access = "", refresh = "" }) {
  const kept = await settings.read();
  if (access && !claimsOf(access).sub) return "This is no access token of StoFlow.";
  const [now, before] = [claimsOf(access).sub, claimsOf(kept.access).sub];
  if (now && before && now !== before) return "This token is another seller's. Remove the extension's data first.";
  await settings.write({ ...(access && { access }), ...(refresh && { refresh }) });
  if (access && endsAt(access) > (await nowThere())) return "";
  return refresh ? renew() : "This token has ended.";
}

/** Exchange the refresh token, which is good once: the new pair is kept before it is used. */
let renewing;

export function renew() {
  renewing ??= exchange().finally(() => (renewing = undefined));
  return renewing;
}

async function exchange() {
  const { refresh, access } = await settings.read();
  if (!refresh) return "The token has ended. Connect again.";
  const reply = await post("/auth/refresh", { refresh_token: refresh });
  if (!reply) return "StoFlow cannot be reached.";
  if (reply.status === 401) {
    await settings.write({ refresh: "" });
    return "The sign-in is over. Connect again.";
  }
  if (!reply.ok) return `StoFlow answered ${reply.status}.`;
  const pair = await reply.json();
  const [now, before] = [claimsOf(pair.access_token).sub, claimsOf(access).sub];
  if (before && now !== before) return "This token is another seller's. Remove the extension's data first.";
  const behind = Date.parse(reply.headers.get("date")) - Date.now() || 0;
  await settings.write({ access: pair.access_token, refresh: pair.refresh_token, behind });
  return "";
}

async function post(path, body) {
  const headers = { "content-type": "application/json" };
  try {
    return await fetch(STOFLOW + path, { method: "POST", headers, body: JSON.stringify(body), credentials: "omit" });
  } catch {
    return null;
  }
}

/** Return the newest token, renewed where it is about to end and can be; "" where there is none. */
export async function current() {
  const { access, refresh } = await settings.read();
  if (refresh && endsAt(access) - (await nowThere()) < EARLY_MS) await renew();
  return (await settings.read()).access;
}
