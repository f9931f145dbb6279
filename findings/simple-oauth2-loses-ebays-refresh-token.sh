#!/usr/bin/env bash
# simple-oauth2 5.1.0 (npm): after the first renewal at eBay there is no refresh token any more, and at the second the seller is cut off.
#
# Expected: eBay answers a renewal with an access token of two hours and no refresh token, as RFC 6749 allows (section 6): the one of
#           the consent stays good, for 18 months. 5.1.0 was released to keep it then.
# Happens:  it looks for the old one where there is none, at the token object instead of what it holds, and writes `undefined` into the
#           answer. Whoever stores the new token over the old one, also as `{ ...old, ...renewed }`, has lost the seller's consent four hours
#           after it was given: the second renewal is sent with an empty one. At Etsy, whose answers bring a new one each time, all is
#           well, so that the same code has passed its tests. Its pull request 434 tells of it since December 2024.
# Seen on 2026-11-29, what a token endpoint was sent:
#   at Etsy   code, then refresh_token=1, refresh_token=2, refresh_token=3
#   at eBay   code, then refresh_token=1, refresh_token=nothing, refresh_token=nothing
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" simple-oauth2@5.1.0 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { AuthorizationCode } from "simple-oauth2";

/** What a token endpoint is sent on a consent and three renewals, each stored over the one before. */
async function sentTo(rotates) {
  const sent = [];
  const server = createServer(async (request, reply) => {
    const form = new URLSearchParams(await text(request));
    const isConsent = form.get("grant_type") === "authorization_code";
    sent.push(isConsent ? "code" : `refresh_token=${form.get("refresh_token") || "nothing"}`);
    const answer = { access_token: `a${sent.length}`, expires_in: 7200, token_type: "Bearer" };
    if (isConsent || rotates) answer.refresh_token = String(sent.length);
    reply.setHeader("content-type", "application/json");
    reply.end(JSON.stringify(answer));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const tokenHost = `http://127.0.0.1:${server.address().port}`;
  const client = new AuthorizationCode({ client: { id: "shop", secret: "s" }, auth: { tokenHost } });
  let stored = JSON.stringify(await client.getToken({ code: "c", redirect_uri: "https://shop.example/back" }));
  for (let renewal = 0; renewal < 3; renewal += 1) {
    stored = JSON.stringify(await client.createToken(JSON.parse(stored)).refresh());
  }
  server.close();
  server.closeAllConnections();
  return sent.join(", ").replace("code,", "code, then");
}

const [etsy, ebay] = [await sentTo(true), await sentTo(false)];
console.log(`at Etsy   ${etsy}\nat eBay   ${ebay}`);
assert.equal(etsy, "code, then refresh_token=1, refresh_token=2, refresh_token=3");
assert.equal(ebay, "code, then refresh_token=1, refresh_token=nothing, refresh_token=nothing", "changed");
NODE
node see.mjs
