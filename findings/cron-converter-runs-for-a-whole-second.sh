#!/usr/bin/env bash
# cron-converter 2.1.0 (npm): in the second in which a job is due the next run is the one that has just begun.
#
# Expected: `next()` is the time at which a schedule runs next after the reference. "0 0 1 * 1" runs as cron runs it,
#           on the first of the month and on each Monday.
# Happens:  the reference's seconds are looked at, and its milliseconds are not: at 10:00:00.003, when the timer for ten
#           o'clock fires, the next run of "0 10 * * *" is 10:00:00.000, in the past. Whoever waits until then does
#           not wait: a job that takes 40 ms is run 25 times each morning, one that takes longer than a second once.
#           And a day must be both of the month and of the week: the first of a month that is a Monday, one to
#           three times a year. Its README says neither.
# Seen on 2026-11-30 with cron-parser 5.10.5 beside it; a clock of this script, from 9:59 to 10:01:
#                                            cron-converter              cron-parser
#   next after 10:00:00.003                  2026-11-30T10:00:00.000Z    2026-12-01T10:00:00.000Z
#   runs of a job that takes 40 ms           25                          1
#   runs of a job that takes 2 s             1                           1
#   runs of "0 0 1 * 1" in 2027              3                           61
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" cron-converter@2.1.0 cron-parser@5.10.5 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { getSchedule, stringToArray } from "cron-converter";
import { CronExpressionParser } from "cron-parser";

const converter = (line, from) => getSchedule(stringToArray(line), from, "UTC").next().toJSDate();
const parser = (line, from) => CronExpressionParser.parse(line, { currentDate: from, tz: "UTC" }).next().toDate();

/** How often a job of so many milliseconds is run by timers that are set by `next`, and fire 3 ms late. */
function runs(next, takes) {
  let now = Date.parse("2026-11-30T09:59:00Z");
  let many = 0;
  for (;;) {
    now = Math.max(now, next("0 10 * * *", new Date(now)).getTime() + 3);
    if (now >= Date.parse("2026-11-30T10:01:00Z")) return many;
    many += 1;
    now += takes;
  }
}

function inTheYear(next) {
  let many = 0;
  let at = new Date("2026-12-31T23:59:59Z");
  for (;;) {
    at = next("0 0 1 * 1", at);
    if (at.getUTCFullYear() > 2027) return many;
    many += 1;
    at = new Date(at.getTime() + 1000);
  }
}

const both = (seen) => [seen(converter), seen(parser)];
const begun = new Date("2026-11-30T10:00:00.003Z");
const seen = [
  ["next after 10:00:00.003", both((next) => next("0 10 * * *", begun).toISOString()),
    ["2026-11-30T10:00:00.000Z", "2026-12-01T10:00:00.000Z"]],
  ["runs of a job that takes 40 ms", both((next) => runs(next, 40)), [25, 1]],
  ["runs of a job that takes 2 s", both((next) => runs(next, 2000)), [1, 1]],
  ['runs of "0 0 1 * 1" in 2027', both(inTheYear), [3, 61]],
];
console.log(`${"".padEnd(40)} ${"cron-converter".padEnd(27)} cron-parser`);
for (const [name, [first, second]] of seen) console.log(`${name.padEnd(40)} ${String(first).padEnd(27)} ${second}`);
for (const [name, values, expected] of seen) assert.deepEqual(values, expected, `changed: ${name}`);
NODE
node see.mjs
