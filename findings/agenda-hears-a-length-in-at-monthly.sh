#!/usr/bin/env bash
# agenda 6.2.6 (npm): "@monthly" is each 30 days from now, "@yearly" each 365, while "@annually" is 1 January; "@weekdays" is each eight days.
#
# Expected: `every(interval)` takes what cron-parser 5 takes: "@monthly" is "0 0 1 * *", "@weekdays" is "0 0 * * 1-5". "@daily" is taken so.
# Happens:  the next run is found by cron-parser, and then written over if human-interval finds a length in the same text. It finds "month",
#           "year", "week" and "hour" in "@monthly", "@yearly", "@weekly" and "@hourly", takes "@weekdays" for a week and a day, and nothing in
#           "@daily". Such a job runs at once when it is defined, and slides from month to month: 29 November, 29 December, 28 January.
# Seen on 2026-11-29, the run after one of 29 November 2026, 12:34 UTC; cron-parser 5.10.6:
#   @daily     2026-11-30 00:00, as cron-parser has it
#   @weekdays  2026-12-07 12:34, cron-parser: 2026-11-30 00:00
#   @weekly    2026-12-06 12:34, cron-parser: 2026-12-06 00:00
#   @monthly   2026-12-29 12:34, cron-parser: 2026-12-01 00:00
#   @yearly    2027-11-29 12:34, cron-parser: 2027-01-01 00:00
#   @annually  2027-01-01 00:00, as cron-parser has it
#   0 0 1 * *  2026-12-01 00:00, as cron-parser has it
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" agenda@6.2.6 cron-parser@5.10.6 human-interval@2.0.1 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { Job } from "agenda";
import { CronExpressionParser } from "cron-parser";

const RAN = new Date("2026-11-29T12:34:00Z");
const SEEN = {
  "@daily": "2026-11-30 00:00",
  "@weekdays": "2026-12-07 12:34",
  "@weekly": "2026-12-06 12:34",
  "@monthly": "2026-12-29 12:34",
  "@yearly": "2027-11-29 12:34",
  "@annually": "2027-01-01 00:00",
  "0 0 1 * *": "2026-12-01 00:00",
};
const shown = (time) => time.toISOString().slice(0, 16).replace("T", " ");
for (const [line, seen] of Object.entries(SEEN)) {
  const job = new Job({}, { name: "invoices", type: "normal" });
  job.repeatEvery(line, { timezone: "UTC" });
  job.attrs.lastRunAt = RAN;
  const next = shown(job.computeNextRunAt().attrs.nextRunAt);
  const cron = shown(CronExpressionParser.parse(line, { tz: "UTC", currentDate: RAN }).next().toDate());
  console.log(line.padEnd(10), next + (next === cron ? ", as cron-parser has it" : `, cron-parser: ${cron}`));
  assert.equal(next, seen, "changed");
}
NODE
node see.mjs
