#!/usr/bin/env bash
# disconnect 1.2.2, @lionralfs/discogs-client 4.1.4 (npm): who asks for what he has just written writes it once more.
#
# Expected: `get` performs "a GET request against the Discogs API", with options that say for what: an address and which
#           rights it takes. The same options do for the messages of an order that are read, and for one that is sent.
# Happens:  `post`, `put` and `delete` write their method and what they send into the options that they are given, and
#           `get` takes what is there: with an object that was used for one of them it is that one again. Who sends a
#           buyer a message and then reads the messages sends it twice; who puts up a record and asks for his listings
#           puts it up twice; who looks whether a listing is gone deletes it once more. What comes back looks well, for
#           it is the answer of a write. With an address alone, a text, nothing happens.
# Seen on 2026-11-30 with nock 13.5.6 in the place of Discogs, the same of both:
#   get      GET     /marketplace/orders/1-1/messages
#   post     POST    /marketplace/orders/1-1/messages  {"message":"Sent today"}
#   get      POST    /marketplace/orders/1-1/messages  {"message":"Sent today"}
#   delete   DELETE  /marketplace/listings/7
#   get      DELETE  /marketplace/listings/7
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" \
  disconnect@1.2.2 @lionralfs/discogs-client@4.1.4 nock@13.5.6 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const nock = require("nock");
const { Client } = require("disconnect");

const EXPECTED = [
  "get      GET     /marketplace/orders/1-1/messages",
  'post     POST    /marketplace/orders/1-1/messages  {"message":"Sent today"}',
  'get      POST    /marketplace/orders/1-1/messages  {"message":"Sent today"}',
  "delete   DELETE  /marketplace/listings/7",
  "get      DELETE  /marketplace/listings/7",
];
const heard = [];

function answer(uri, body) {
  heard.push(`${this.req.method.padEnd(7)} ${uri}${body ? `  ${JSON.stringify(body)}` : ""}`);
  return [200, {}];
}

async function use(client) {
  heard.length = 0;
  const messages = { url: "/marketplace/orders/1-1/messages", authLevel: 2 };
  const listing = { url: "/marketplace/listings/7", authLevel: 2 };
  const calls = [
    ["get", messages],
    ["post", messages, { message: "Sent today" }],
    ["get", messages],
    ["delete", listing],
    ["get", listing],
  ];
  for (const [method, ...given] of calls) {
    await client[method](...given);
  }
  return calls.map(([method], place) => `${method.padEnd(8)} ${heard[place]}`);
}

(async () => {
  for (const method of ["get", "post", "delete"]) {
    nock("https://api.discogs.com").persist()[method](/.*/).reply(answer);
  }
  const { DiscogsClient } = await import("@lionralfs/discogs-client");
  const first = await use(new Client("shop/1.0", { userToken: "token" }));
  const second = await use(new DiscogsClient({ userAgent: "shop/1.0", auth: { userToken: "token" } }));
  console.log(first.join("\n"));
  assert.deepEqual(first, EXPECTED, "changed: disconnect");
  assert.deepEqual(second, EXPECTED, "changed: @lionralfs/discogs-client");
})();
NODE
node see.cjs
