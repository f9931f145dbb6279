#!/usr/bin/env bash
# local-crontab 0.1.8 (npm): a line for Monday morning in Tokyo runs on Tuesday, one for 9:30 in India at 8:30.
#
# Expected: "convert a crontab in a local timezone into a set of UTC crontabs" that run at the same moments.
# Happens:  hours are moved by the offset, within a day: neither the day of the week nor that of the month goes with
#           them. What is to run on Monday at 3:00 in Tokyo is to be on Sunday at 18:00, and is on Monday: a day late;
#           Friday evening in Phoenix is Thursday evening, and the first of the month the second. Where an offset has a
#           half hour it is rounded to the hour before, and the minutes are moved within their hour: what runs in the
#           second half of one is an hour early. Its README names changes of the clock as what it is for, and none of
#           these.
# Seen on 2026-11-30 with cron-parser 5.10.5, which reads what comes out as UTC; the first run after noon of 1 December
# 2026 by the local clock; none of these zones changes its clocks:
#   0 10 * * 1   Asia/Tokyo        is to run Mon  7 10:00   runs Mon  7 10:00
#   0 3 * * 1    Asia/Tokyo        is to run Mon  7 03:00   runs Tue  8 03:00
#   0 22 * * 5   America/Phoenix   is to run Fri  4 22:00   runs Thu  3 22:00
#   0 3 1 * *    Asia/Tokyo        is to run Fri  1 03:00   runs Wed  2 03:00
#   0 9 * * *    Asia/Kolkata      is to run Wed  2 09:00   runs Wed  2 09:00
#   30 9 * * *   Asia/Kolkata      is to run Wed  2 09:30   runs Wed  2 08:30
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" local-crontab@0.1.8 cron-parser@5.10.5 >/dev/null 2>&1
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { CronExpressionParser } from "cron-parser";
import localCrontab from "local-crontab";

/** The first run of one of these lines, by the clock of the zone. */
function firstRun(lines, tz, zone) {
  const from = { currentDate: "2026-12-01T12:00:00Z", tz };
  const runs = lines.map((line) => CronExpressionParser.parse(line, from).next());
  const first = new Date(Math.min(...runs.map((run) => run.getTime())));
  const written = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone, weekday: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  });
  const { weekday, day, hour, minute } = Object.fromEntries(
    written.formatToParts(first).map(({ type, value }) => [type, value]),
  );
  return `${weekday} ${day.padStart(2)} ${hour}:${minute}`;
}

const seen = [
  ["0 10 * * 1", "Asia/Tokyo", "Mon  7 10:00", "Mon  7 10:00"],
  ["0 3 * * 1", "Asia/Tokyo", "Mon  7 03:00", "Tue  8 03:00"],
  ["0 22 * * 5", "America/Phoenix", "Fri  4 22:00", "Thu  3 22:00"],
  ["0 3 1 * *", "Asia/Tokyo", "Fri  1 03:00", "Wed  2 03:00"],
  ["0 9 * * *", "Asia/Kolkata", "Wed  2 09:00", "Wed  2 09:00"],
  ["30 9 * * *", "Asia/Kolkata", "Wed  2 09:30", "Wed  2 08:30"],
].map(([line, zone, ...expected]) => {
  const runs = [firstRun([line], zone, zone), firstRun(localCrontab(line, zone), "UTC", zone)];
  console.log(`${line.padEnd(12)} ${zone.padEnd(17)} is to run ${runs[0]}   runs ${runs[1]}`);
  return [`${line} ${zone}`, runs, expected];
});
for (const [name, runs, expected] of seen) assert.deepEqual(runs, expected, `changed: ${name}`);
NODE
node see.mjs
