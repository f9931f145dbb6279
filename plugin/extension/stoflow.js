// What the extension asks of StoFlow over HTTP, always as the seller.

import { STOFLOW } from "./config.js";
import * as tokens from "./tokens.js";

const MARKETPLACE = "vinted";

async function ask(path, { method = "GET", body } = {}) {
  const headers = { authorization: `Bearer ${await tokens.current()}` };
  if (body) headers["content-type"] = "application/json";
  return fetch(STOFLOW + path, { method, headers, body: body && JSON.stringify(body), credentials: "omit" });
}

async function told(reply) {
  const said = await reply.json();
  if (!reply.ok) throw new Error(said.detail ?? `StoFlow answered ${reply.status}.`);
  return said;
}

/** Return the notice that the seller is to read: {version, text, accepted_at}. */
export const readTerms = async () => told(await ask(`/api/${MARKETPLACE}/plugin-terms`));

/** Record at StoFlow that the seller has read the notice and wants the plugin. */
export const acceptTerms = async (version) =>
  told(await ask(`/api/${MARKETPLACE}/plugin-terms`, { method: "PUT", body: { version } }));

/** Fetch a photo: {content (base64), type}, or {missing} or {unreachable}. Only relative addresses get the token. */
export async function fetchPhoto(url) {
  if (!url.startsWith("/") || url.startsWith("//")) throw new TypeError("the address of a photo should be relative");
  let reply;
  try {
    reply = await ask(url);
  } catch {
    return { unreachable: true };
  }
  if (reply.status === 404) return { missing: true };
  if (!reply.ok) return { unreachable: true };
  const bytes = new Uint8Array(await reply.arrayBuffer());
  return { content: bytes.toBase64?.() ?? base64(bytes), type: reply.headers.get("content-type") ?? "" };
}

function base64(bytes) {
  const parts = [];
  for (let at = 0; at < bytes.length; at += 0x8000) parts.push(String.fromCharCode(...bytes.subarray(at, at + 0x8000)));
  return btoa(parts.join(""));
}
