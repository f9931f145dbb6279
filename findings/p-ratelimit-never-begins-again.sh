#!/usr/bin/env bash
# p-ratelimit 1.0.1 (npm): each call that waited for longer than `maxDelay` takes a place for ever, until no call is
# made any more.
#
# Expected: with `maxDelay` a call that has waited too long is refused with a RateLimitTimeoutError and is not made,
#           and the next ones are made as soon as there is room: a marketplace that was slow for a minute costs the
#           calls of that minute.
# Happens:  the call that was refused stays in the queue, and is given its place when its turn comes; the place is
#           counted, and as nothing is called there is nothing whose end would give it back. With `concurrency: 2` two
#           such calls, at any time, are the end: whatever comes later waits for `maxDelay` and is refused, though
#           nothing runs, until the process is started anew. A `rate` counts each refused call as one that was made.
#           Its README has `concurrency`, `rate` and `maxDelay` in its first example, and says of the refusal only
#           that the call fails.
# Seen on 2026-11-30, `concurrency: 2`, `maxDelay: 200`; two calls of 0.5 s, then more at once that are refused, and a
# second later five calls, one after the other, that take no time:
#   no others    5 made
#   1 other      5 made
#   2 others     0 made
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" p-ratelimit@1.0.1 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { setTimeout as wait } from "node:timers/promises";
import ratelimit from "p-ratelimit";

const LATER = 5;

/** How many calls are made of those that come when all is quiet again, after so many were refused. */
async function made(others) {
  const limit = ratelimit.pRateLimit({ concurrency: 2, maxDelay: 200 });
  const slow = () => wait(500, "made");
  const first = await Promise.allSettled(Array.from({ length: 2 + others }, () => limit(slow)));
  assert.equal(first.filter(({ status }) => status === "fulfilled").length, 2);
  await wait(1000);
  let count = 0;
  for (let call = 0; call < LATER; call += 1) {
    try {
      await limit(async () => "made");
      count += 1;
    } catch (error) {
      assert.equal(error.constructor, ratelimit.RateLimitTimeoutError);
    }
  }
  return count;
}

for (const [others, expected] of [[0, LATER], [1, LATER], [2, 0]]) {
  const name = others === 0 ? "no others" : others === 1 ? "1 other" : `${others} others`;
  const seen = await made(others);
  console.log(`${name.padEnd(12)} ${seen} made`);
  assert.equal(seen, expected, "changed");
}
NODE
node see.mjs
