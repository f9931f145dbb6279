#!/usr/bin/env bash
# @d-fischer/rate-limiter 1.1.0 (npm): behind a call that fails what waits is never sent, nor where a limit is below 10.
#
# Expected: its `ResponseBasedRateLimiter` sends one call after the other, as many as the answers say are left; what
#           cannot be sent yet waits in its queue, in its order, and is sent when there is room.
# Happens:  the next calls are sent when an answer has said how many are left. A call that fails says nothing: nobody
#           looks into the queue then, and its promises are neither kept nor broken, until somebody asks for another
#           call, which goes past all that wait. And a tenth of the limit is sent at a time: of a limit below ten that
#           is less than one, and nothing that waits is sent, ever. Where several are told to come again they do so in
#           reverse: the newest price first, the oldest last. It has no README, and its types do not speak of this.
# Seen on 2026-11-30; six prices are sent at once, each call takes 10 ms, three seconds later one more:
#   a limit of 20                  sent: 1 2 3 4 5 6, later: 7
#   of 20, and the first fails     sent: 1, later: 7 2 3 4 5 6
#   a limit of 5                   sent: 1, later: 7
#   of 40, and some are told 429   sent: 1 2 3 4 5 5 4 3 2 6, later: 7
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" @d-fischer/rate-limiter@1.1.0 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { setTimeout as wait } from "node:timers/promises";
import { ResponseBasedRateLimiter } from "@d-fischer/rate-limiter";

class Marketplace extends ResponseBasedRateLimiter {
  sent = [];

  constructor({ limit, refuses = () => null, fails = () => false }) {
    super({ logger: { minLevel: "critical" } });
    Object.assign(this, { limit, refuses, fails });
  }

  async doRequest(price) {
    this.sent.push(price);
    await wait(10);
    if (this.fails(price)) throw new Error("503");
    return { retryAfter: this.refuses(this.sent, price) };
  }

  needsToRetryAfter({ retryAfter }) {
    return retryAfter;
  }

  getParametersFromResponse() { // all of it is left, for a minute
    return { limit: this.limit, remaining: this.limit, resetsAt: Date.now() + 60_000 };
  }
}

/** What is sent of six prices, and what when one more has come. */
async function sendSix(options) {
  const marketplace = new Marketplace(options);
  for (let price = 1; price <= 6; price += 1) marketplace.request(price).catch(() => {});
  await wait(3000);
  const many = marketplace.sent.length;
  marketplace.request(7).catch(() => {});
  await wait(1000);
  return `sent: ${marketplace.sent.slice(0, many).join(" ")}, later: ${marketplace.sent.slice(many).join(" ")}`;
}

const isNew = (sent, price) => sent.indexOf(price) === sent.lastIndexOf(price);
const once = (sent, price) => (price >= 2 && price <= 5 && isNew(sent, price) ? 500 : null);
const seen = await Promise.all([
  ["a limit of 20", { limit: 20 }, "sent: 1 2 3 4 5 6, later: 7"],
  ["of 20, and the first fails", { limit: 20, fails: (price) => price === 1 }, "sent: 1, later: 7 2 3 4 5 6"],
  ["a limit of 5", { limit: 5 }, "sent: 1, later: 7"],
  ["of 40, and some are told 429", { limit: 40, refuses: once }, "sent: 1 2 3 4 5 5 4 3 2 6, later: 7"],
].map(async ([name, options, expected]) => [name, await sendSix(options), expected]));
for (const [name, order] of seen) console.log(`${name.padEnd(30)} ${order}`);
for (const [name, order, expected] of seen) assert.equal(order, expected, `changed: ${name}`);
NODE
node see.mjs
