#!/usr/bin/env bash
# @badgateway/oauth2-client 3.3.1 (npm): a token that is good for thirty days is renewed without a pause, and a server
# that is down is taken for one that has refused.
#
# Expected: `OAuth2Fetch` renews a token a minute before its end, or when a call is answered with 401. A renewal that
#           meets a 503 has failed; only where the seller's consent has ended is a new one asked for.
# Happens:  the renewal is set by `setTimeout`, which has no room for more than 24.8 days, and then fires after one
#           millisecond. The new token is good for thirty days again: hundreds of renewals a second for as long as the
#           process lives, each with a new refresh token to be stored, until the server blocks the client. And whatever
#           a renewal fails with, a 503 or a broken connection, is "refresh token not accepted": `getNewToken` is
#           called, in which a seller is sent to the consent page. Its README says that it "will automatically refresh
#           tokens when needed".
# Seen on 2026-11-30; one call with a token that has ended, then two seconds without a call:
#   good for 1 day        1 renewal
#   good for 24 days      1 renewal
#   good for 30 days      more than 100 renewals
#   invalid_grant         a new consent is asked for
#   503                   a new consent is asked for
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" @badgateway/oauth2-client@3.3.1 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { once } from "node:events";
import http from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { OAuth2Client, OAuth2Fetch } from "@badgateway/oauth2-client";

console.warn = () => {}; // it warns of each renewal that fails
process.removeAllListeners("warning"); // and Node of each time that is too long
let [renewals, days, refusal] = [0, 1, null];
const server = http.createServer((request, response) => {
  response.setHeader("content-type", "application/json");
  if (request.url !== "/token") {
    response.end("[]");
  } else if (refusal) {
    response.writeHead(refusal);
    response.end(refusal === 400 ? '{"error": "invalid_grant"}' : "{}");
  } else {
    renewals += 1;
    const token = { access_token: `access ${renewals}`, refresh_token: `refresh ${renewals}`, token_type: "bearer" };
    response.end(JSON.stringify({ ...token, expires_in: days * 86_400 }));
  }
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const at = `http://127.0.0.1:${server.address().port}/`;

/** How many renewals a call leads to, and whether a new consent is asked for. */
async function call() {
  renewals = 0;
  let stored = { accessToken: "old", refreshToken: "old", expiresAt: Date.now() - 1000 };
  let isAsked = false;
  const wrapper = new OAuth2Fetch({
    client: new OAuth2Client({ server: at, clientId: "shop", clientSecret: "secret", tokenEndpoint: "/token" }),
    getStoredToken: () => stored,
    storeToken: (token) => { stored = token; },
    getNewToken: async () => {
      isAsked = true;
      return null;
    },
    onError: () => {},
  });
  await wrapper.fetch(`${at}orders`).catch(() => {});
  await wait(2000);
  wrapper.options.scheduleRefresh = false;
  await wait(200);
  clearTimeout(wrapper.refreshTimer);
  return [renewals, isAsked];
}

for (const [much, isMany] of [[1, false], [24, false], [30, true]]) {
  days = much;
  const [many, isAsked] = await call();
  const said = many > 100 ? "more than 100 renewals" : `${many} renewal${many === 1 ? "" : "s"}`;
  console.log(`${`good for ${days} day${days > 1 ? "s" : ""}`.padEnd(21)} ${said}`);
  assert.ok((isMany ? many > 100 : many === 1) && !isAsked, `changed: ${days} days`);
}
for (const [name, status] of [["invalid_grant", 400], ["503", 503]]) {
  refusal = status;
  const [, isAsked] = await call();
  console.log(`${name.padEnd(21)} ${isAsked ? "a" : "no"} new consent is asked for`);
  assert.ok(isAsked, `changed: ${name}`);
}
process.exit(0);
NODE
node see.mjs
