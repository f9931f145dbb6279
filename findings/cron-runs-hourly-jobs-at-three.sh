#!/usr/bin/env bash
# cron 4.4.0 (npm): what runs each hour at half past runs at 3:00 too in the night in which clocks are put forward.
#
# Expected: 1:30, 3:30, 4:30: there is no 2:30 that night, and nothing is late, as the job runs within the hour anyhow. Cron makes up only for
#           jobs of a set hour, and runs those with "*" in their hour by the new time (cron(8) of Debian, "Notes").
# Happens:  the half past that is skipped counts as a job of its own and runs at 3:00, a minute that the line does not name; half an hour
#           later the next one runs. Prices are lowered once more, a feed is sent twice.
# Seen on 2026-11-29, "30 * * * *" in Europe/Berlin from 29 March 2026, 1:00; croner 11.0.1 and cron-parser 5.10.6 have the same line:
#   cron 4.4.0          01:30 03:00 03:30 04:30
#   croner 11.0.1       01:30 03:30 04:30 05:30
#   cron-parser 5.10.6  01:30 03:30 04:30 05:30
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" cron@4.4.0 croner@11.0.1 cron-parser@5.10.6 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { CronTime } from "cron";
import { CronExpressionParser } from "cron-parser";
import { Cron } from "croner";

const LINE = "30 * * * *", ZONE = "Europe/Berlin", BEGIN = new Date("2026-03-29T00:00:00Z");
const NEXT = {
  "cron 4.4.0": (after) => new CronTime(LINE, ZONE).getNextDateFrom(after, ZONE).toJSDate(),
  "croner 11.0.1": (after) => new Cron(LINE, { timezone: ZONE }).nextRun(after),
  "cron-parser 5.10.6": (after) => CronExpressionParser.parse(LINE, { tz: ZONE, currentDate: after }).next().toDate(),
};
const clock = new Intl.DateTimeFormat("de", { timeZone: ZONE, hour: "2-digit", minute: "2-digit" });
const seen = {};
for (const [name, next] of Object.entries(NEXT)) {
  let time = BEGIN;
  seen[name] = Array.from({ length: 4 }, () => clock.format((time = next(time)))).join(" ");
  console.log(name.padEnd(19), seen[name]);
}
assert.equal(seen["cron 4.4.0"], "01:30 03:00 03:30 04:30", "changed");
assert.equal(seen["croner 11.0.1"], "01:30 03:30 04:30 05:30", "changed: the witness");
assert.equal(seen["cron-parser 5.10.6"], "01:30 03:30 04:30 05:30", "changed: the witness");
NODE
node see.mjs
