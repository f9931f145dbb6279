#!/usr/bin/env bash
# ratelimit-header-parser 0.1.0 (npm): "Retry-After: 120" was over in 1970.
#
# Expected: `reset` is when calls are allowed again, whichever header says so; its README promises "various forms", and Retry-After is one.
# Happens:  where no ...-Reset header says when, it does take Retry-After, but its seconds for those since 1970: the date lies behind us, and
#           who waits until it goes on at once, into the next 429 and a blocked key. A date in Retry-After becomes an Invalid Date. So does a
#           RateLimit header of the IETF's draft 8, where draft 7 is read well: it is no error, and no `undefined`, as for headers that are
#           not known. NaN calls remain then, and NaN is not 0, so that nobody waits.
# Seen on 2026-11-29, seconds until `reset`, and the calls that remain:
#   X-RateLimit-Remaining: 0, X-RateLimit-Reset: 120  in 120 s, 0 remain
#   X-RateLimit-Remaining: 0, Retry-After: 120        1970-01-01T00:02:00.000Z, 0 remain
#   RateLimit: limit=10, remaining=0, reset=120       in 120 s, 0 remain
#   RateLimit: "calls";r=0;t=120                      Invalid Date, NaN remain
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" ratelimit-header-parser@0.1.0 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { parseRateLimit } from "ratelimit-header-parser";

const ANSWERS = [
  [{ "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "120" }, "in 120 s, 0 remain"],
  [{ "X-RateLimit-Remaining": "0", "Retry-After": "120" }, "1970-01-01T00:02:00.000Z, 0 remain"],
  [{ RateLimit: "limit=10, remaining=0, reset=120" }, "in 120 s, 0 remain"],
  [{ RateLimit: '"calls";r=0;t=120' }, "Invalid Date, NaN remain"],
];

function shown(reset) {
  if (Number.isNaN(reset.getTime())) return "Invalid Date";
  const seconds = Math.round((reset - Date.now()) / 1000);
  return seconds > 0 ? `in ${seconds} s` : reset.toISOString();
}

for (const [headers, expected] of ANSWERS) {
  const { reset, remaining } = parseRateLimit(new Headers(headers));
  const seen = `${shown(reset)}, ${remaining} remain`;
  const answer = Object.entries(headers).map((header) => header.join(": ")).join(", ");
  console.log(answer.padEnd(49), seen);
  assert.equal(seen, expected, "changed");
}
NODE
node see.mjs
