#!/usr/bin/env bash
# cronbake 0.4.0 (npm): of the hours 9-11,14-16 it runs the first three, 9,12-14 is each hour from 9 to 14, and each
# 90 minutes is each hour.
#
# Expected: "ranges", "steps" and "lists", as each cron has them, also together; "@every_<number>_<unit>" is that
#           often. What it does not understand is refused: `Cron.isValid` is there to ask.
# Happens:  a field with a "-" is taken for one range, one with a "/" for one step, and a list is looked for last;
#           `parseInt` reads what is left up to the first sign that it does not know. What stands behind the first
#           range is gone, or the range begins with the list's first number. "@every_90_minutes" becomes "*/90" of the
#           minutes, which is minute 0: each hour. Everything is valid. Listings are renewed at hours for which nobody
#           asked, in the evening they are not, and calls to a marketplace that were to be made each 90 seconds are
#           made each minute.
# Seen on 2026-11-30; how often a job runs in two days, and how often it should:
#   0 0 9-11,14-16 * * *    6, should be 12: hours 9 10 11
#   0 0 9,12-14 * * *      12, should be  8: hours 9 10 11 12 13 14
#   0 0 */8,20 * * *        6, should be  8: hours 0 8 16
#   @every_90_minutes      48, should be 32
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" cronbake@0.4.0 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { Cron } from "cronbake";

const DAYS = 2;
const LINES = [
  ["0 0 9-11,14-16 * * *", 6, 12],
  ["0 0 9,12-14 * * *", 12, 8],
  ["0 0 */8,20 * * *", 6, 8],
  ["@every_90_minutes", 48, 32],
];

for (const [line, expected, right] of LINES) {
  assert.ok(Cron.isValid(line), "changed: it is refused");
  const { hour, minute, second } = Cron.parse(line);
  const runs = DAYS * hour.length * minute.length * second.length;
  const hours = hour.length < 24 ? `: hours ${hour.join(" ")}` : "";
  console.log(`${line.padEnd(21)} ${String(runs).padStart(3)}, should be ${String(right).padStart(2)}${hours}`);
  assert.equal(runs, expected, "changed");
}
NODE
node see.mjs
