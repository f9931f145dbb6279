#!/usr/bin/env bash
# ebay-oauth-nodejs-client 1.2.2 (npm, eBay's): a renewal that eBay refuses succeeds, and of a `state` with an & the rest is gone.
#
# Expected: a promise is rejected when there are no tokens, as its code means to do where the answer has an `error`; `state` is "an opaque value",
#           which comes back as it was given; an application token for two scopes is asked for as a user's is.
# Happens:  it looks for `error` in the answer's text before that is parsed, where there is none, and not at the status. A consent that was taken
#           back, a limit and a broken gateway come out of `await` as tokens do: who parses them calls on with "Bearer undefined", and
#           writes the undefined over the tokens that were kept. `state` is put into the address as it is, so that "account=7&shop=2" comes
#           back as "account=7", and a plus as a space. Of several scopes of an application the spaces are encoded twice: one unknown scope.
# Seen on 2026-11-30 with a server on this machine in eBay's place:
#   getAccessToken, answered with 400      resolved: {"error":"invalid_grant"}
#   getAccessToken, answered with 502      resolved: <h1>Bad Gateway</h1>
#   state "account=7&shop=2"               "account=7"
#   state "q+8="                           "q 8="
#   getAccessToken, scopes                 "https://api.ebay.com/oauth/api_scope https://api.ebay.com/oauth/api_scope/sell.inventory"
#   getApplicationToken, scopes            "https://api.ebay.com/oauth/api_scope%20https://api.ebay.com/oauth/api_scope/sell.inventory"
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" ebay-oauth-nodejs-client@1.2.2 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const http = require("node:http");
const https = require("node:https");
const { text } = require("node:stream/consumers");
const EbayAuthToken = require("ebay-oauth-nodejs-client");

const SCOPE = "https://api.ebay.com/oauth/api_scope";
const SCOPES = [SCOPE, `${SCOPE}/sell.inventory`];
let answer;
let asked;
const server = http.createServer(async (request, response) => {
  asked = new URLSearchParams(await text(request));
  response.writeHead(answer.status).end(answer.body);
});
https.request = (options) => http.request({ ...options, hostname: "127.0.0.1", port: server.address().port });

function see(what, seen, expected) {
  console.log(what.padEnd(38), seen);
  assert.equal(seen, expected, "changed");
}

async function main() {
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const ebay = new EbayAuthToken({ clientId: "id", clientSecret: "secret", redirectUri: "runame", env: "SANDBOX" });
  const outcome = (promise) => promise.then((tokens) => `resolved: ${tokens}`, (error) => `rejected: ${error}`);
  for (const [status, body] of [[400, '{"error":"invalid_grant"}'], [502, "<h1>Bad Gateway</h1>"]]) {
    answer = { status, body };
    see(`getAccessToken, answered with ${status}`, await outcome(ebay.getAccessToken("SANDBOX", "refresh", SCOPES)), `resolved: ${body}`);
  }
  for (const [state, back] of [["account=7&shop=2", "account=7"], ["q+8=", "q 8="]]) {
    const address = new URL(ebay.generateUserAuthorizationUrl("SANDBOX", SCOPES, { state }));
    see(`state "${state}"`, JSON.stringify(address.searchParams.get("state")), JSON.stringify(back));
  }
  answer = { status: 200, body: "{}" };
  await ebay.getAccessToken("SANDBOX", "refresh", SCOPES);
  see("getAccessToken, scopes", JSON.stringify(asked.get("scope")), JSON.stringify(SCOPES.join(" ")));
  await ebay.getApplicationToken("SANDBOX", SCOPES);
  see("getApplicationToken, scopes", JSON.stringify(asked.get("scope")), JSON.stringify(SCOPES.join("%20")));
  server.close();
}

main();
NODE
node see.cjs
