#!/usr/bin/env bash
# axios-concurrency 1.0.4 (npm): each request that is refused before it waits lets another one go, whatever the limit.
#
# Expected: no more requests are under way than its parameter says; 1 makes "all api requests" go one after the other.
# Happens:  a place is given back when a response comes or an error, and with it the next one goes, without a look at
#           the limit. An error of another request interceptor comes there too: axios runs those first that were added
#           last, and a request that is refused by one of them has neither waited nor had a place. So it gives another
#           one's place back. Where the token is put into the header by an interceptor, each request of a shop that has
#           to sign in again lets a request of another one go beside the one that is under way. What is promised for a
#           marketplace that takes one call at a time holds until the first seller is signed out. Its README has no
#           word on the order.
# Seen on 2026-11-30 with axios 1.18.1; a limit of 1, six requests of one shop that take 0.3 s each, and then five of a
# shop whose token cannot be renewed:
#   the token is added before the limit    at most 1 at once
#   the token is added after the limit     at most 6 at once
#   and no shop is signed out              at most 1 at once
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" axios-concurrency@1.0.4 axios@1.18.1 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { once } from "node:events";
import http from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import axios from "axios";
import concurrency from "axios-concurrency";

let [now, most] = [0, 0];
const server = http.createServer(async (request, response) => {
  now += 1;
  most = Math.max(most, now);
  await wait(300);
  now -= 1;
  response.end("{}");
});
server.listen(0, "127.0.0.1");
await once(server, "listening");

/** How many requests are under way at most. */
async function atOnce({ tokenIsLast, signedOut }) {
  most = 0;
  const api = axios.create({ baseURL: `http://127.0.0.1:${server.address().port}` });
  const steps = [
    () => api.interceptors.request.use(async (config) => {
      if (config.shop === "signed out") throw new Error("invalid_grant");
      config.headers.authorization = "Bearer abc";
      return config;
    }),
    () => concurrency.ConcurrencyManager(api, 1),
  ];
  for (const step of tokenIsLast ? steps.reverse() : steps) step();
  const read = (shop) => api.get("/orders", { shop }).catch((error) => error.message);
  const first = Array.from({ length: 6 }, () => read("signed in"));
  await wait(100);
  const then = Array.from({ length: signedOut }, () => read("signed out"));
  await Promise.all([...first, ...then]);
  return most;
}

for (const [name, options, expected] of [
  ["the token is added before the limit", { tokenIsLast: false, signedOut: 5 }, 1],
  ["the token is added after the limit", { tokenIsLast: true, signedOut: 5 }, 6],
  ["and no shop is signed out", { tokenIsLast: true, signedOut: 0 }, 1],
]) {
  const many = await atOnce(options);
  console.log(`${name.padEnd(38)} at most ${many} at once`);
  assert.equal(many, expected, `changed: ${name}`);
}
process.exit(0);
NODE
node see.mjs
