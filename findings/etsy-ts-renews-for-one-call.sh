#!/usr/bin/env bash
# etsy-ts 8.0.1 (npm): of the calls that find a token expired one is made again with the new one; the others fail, those of other shops too.
#
# Expected: each call is made with a token that was renewed, as a call alone is; its README tells to take one's own renewal away, since it is
#           "included within this client", and tokens are kept for each user.
# Happens:  a call whose 401 comes while a renewal is under way neither begins one nor waits for it: the 401 is its caller's. So it is with what
#           a second seller's calls hear while the first one's token is renewed, although theirs is another token. Etsy's are good for an
#           hour, so that of each hour's first batch of prices or stock one listing's is written.
# Seen on 2026-11-30 with axios 1.21.1, axios-auth-refresh 3.3.6 and a server on this machine, five calls at once, then one alone:
#   seller 1, listing 11    200, was sent with 1.old, 1.new
#   seller 1, listing 12    401, was sent with 1.old
#   seller 1, listing 13    401, was sent with 1.old
#   seller 2, listing 21    401, was sent with 2.old
#   seller 2, listing 22    401, was sent with 2.old
#   seller 2, listing 21    200, was sent with 2.old, 2.new, alone
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" etsy-ts@8.0.1 axios@1.21.1 axios-auth-refresh@3.3.6 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const http = require("node:http");
const { setTimeout: wait } = require("node:timers/promises");
const axios = require("axios");
const { Etsy } = require("etsy-ts");

const tokens = { 1: { accessToken: "1.old", refreshToken: "1.r" }, 2: { accessToken: "2.old", refreshToken: "2.r" } };
const securityDataStorage = {
  findAccessToken: async ({ etsyUserId }) => tokens[etsyUserId],
  storeAccessToken: async ({ etsyUserId }, renewed) => {
    tokens[etsyUserId] = renewed;
  },
};
const sent = {};

/** Etsy, which takes what was renewed and answers 401 to what has expired. */
const server = http.createServer(async (request, response) => {
  const token = request.headers.authorization.replace("Bearer ", "");
  const listing = request.url.split("/").at(-1);
  (sent[listing] ??= []).push(token);
  await wait(20);
  response.writeHead(token.endsWith(".new") ? 200 : 401, { "Content-Type": "application/json" }).end("{}");
});

/** Etsy's token address, which the package calls by the axios of its own. */
async function renew(config) {
  assert.match(config.url, /\/oauth\/token$/);
  const seller = /(\d)\.r/.exec(config.data)[1];
  await wait(200);
  const data = { access_token: `${seller}.new`, refresh_token: `${seller}.r`, expires_in: 3600, token_type: "Bearer" };
  return { data, status: 200, statusText: "OK", headers: {}, config };
}

async function main() {
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const baseURL = `http://127.0.0.1:${server.address().port}`;
  const etsy = new Etsy({ apiKey: "key", sharedSecret: "secret", securityDataStorage }, { baseURL });
  axios.defaults.adapter = renew;
  const write = (seller, listing) =>
    etsy.ShopListing.updateListing(seller, listing, { quantity: 3 }, { etsyUserId: seller }).then(
      (answer) => answer.status,
      (error) => error.response.status,
    );
  const calls = [[1, 11], [1, 12], [1, 13], [2, 21], [2, 22]];
  const show = ([seller, listing], status, more = "") =>
    console.log(`seller ${seller}, listing ${listing}    ${status}, was sent with ${sent[listing].join(", ")}${more}`);
  const seen = await Promise.all(calls.map((call) => write(...call)));
  calls.forEach((call, index) => show(call, seen[index]));
  assert.deepEqual(seen, [200, 401, 401, 401, 401], "changed");
  assert.deepEqual(sent, { 11: ["1.old", "1.new"], 12: ["1.old"], 13: ["1.old"], 21: ["2.old"], 22: ["2.old"] }, "changed");
  sent[21] = [];
  const alone = await write(2, 21);
  show([2, 21], alone, ", alone");
  assert.deepEqual([alone, sent[21]], [200, ["2.old", "2.new"]], "changed: a call alone");
  server.close();
}

main();
NODE
node see.cjs
