#!/usr/bin/env bash
# axios-rate-limit 1.9.0 (npm): where answers from a cache do not count, six calls are sent at once, of which two a second are allowed.
#
# Expected: `shouldCountRequest` gives a slot back for an answer that was not fetched, so that the calls that are sent have all of the limit.
# Happens:  the slot goes back to the window that is open when the answer comes, and a window begins, with a timer of its own, each time that the
#           first slot is taken. When the one that is taken is given back, the next call begins another one: the timers add up, and each
#           of them empties the count, whoever's it is. Answers of a cache come at once, so that this is so in each second, and the
#           longer it goes on the more calls are sent together. Without `shouldCountRequest` never more than two are.
# Seen on 2026-11-30 with axios 1.21.1; 24 calls, each second one answered from a cache, two a second allowed; the most that were sent in half
# a second:
#   without shouldCountRequest    1
#   with shouldCountRequest       6
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" axios-rate-limit@1.9.0 axios@1.21.1 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { setTimeout as wait } from "node:timers/promises";
import axios from "axios";
import rateLimit from "axios-rate-limit";

const CALLS = 24;
const ALLOWED = 2;

/** The most calls that were sent in half a second, each second call being answered from a cache. */
async function together(options) {
  const sent = [];
  const adapter = async (config) => {
    const cached = config.params.call % 2 === 0;
    if (!cached) {
      sent.push(performance.now());
      await wait(30);
    }
    return { data: {}, status: 200, statusText: "OK", headers: {}, config, cached };
  };
  const limited = rateLimit(axios.create({ adapter }), { limits: [{ maxRequests: ALLOWED, duration: "1s" }], ...options });
  await Promise.all(Array.from({ length: CALLS }, (_, call) => limited.get("https://127.0.0.1/", { params: { call } })));
  return Math.max(...sent.map((begin) => sent.filter((time) => time >= begin && time < begin + 500).length));
}

const counted = await together({});
console.log("without shouldCountRequest   ", counted);
assert.ok(counted <= ALLOWED, "changed: without");
const given = await together({ shouldCountRequest: (_, response) => !response.cached });
console.log("with shouldCountRequest      ", given);
assert.ok(given > ALLOWED, "changed");
NODE
node see.mjs
