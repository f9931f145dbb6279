#!/usr/bin/env bash
# any-date-parser 2.2.4 (npm): "30 November 2026 14:05 GMT+1" is 14:05 in London, and what has "+0100" behind it is of the machine's own zone.
#
# Expected: "any date format followed by a 24-hour time expression" is its README's list of what it reads, and "17:41:28 GMT-9" and "17:41:28-09:00"
#           are among the times: the moment is the same however the day is written.
# Happens:  it is, where the year comes first. Where it comes last, as in the Date of each e-mail and in what `Date.prototype.toString` gives,
#           "GMT" is read and the hours behind it are not, nor those that stand alone: the first is UTC, the second local time, each without
#           `invalid`. With "2:05 PM" and with "CET" the hours count. "+01" behind seconds is ten milliseconds. An order is placed
#           hours too early or too late: it is in another day, or before the last look and never seen.
# Seen on 2026-11-30 with TZ=UTC, the moment in each case 13:05:06 UTC:
#   2026-11-30 14:05:06 GMT+1            13:05:06.000
#   30 November 2026 2:05:06 PM GMT+1    13:05:06.000
#   30 November 2026 14:05:06 CET        13:05:06.000
#   30 November 2026 14:05:06 GMT+1      14:05:06.000
#   30.11.2026 14:05:06 GMT+1            14:05:06.000
#   11/30/2026 14:05:06+01:00            14:05:06.000
#   Mon, 30 Nov 2026 14:05:06 +0100      14:05:06.000
#   Mon Nov 30 2026 14:05:06 GMT+0100    14:05:06.000
#   2026-11-30T14:05:06+01               14:05:06.010
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" any-date-parser@2.2.4 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import parser from "any-date-parser";

const GIVEN = [
  ["2026-11-30 14:05:06 GMT+1", "13:05:06.000"],
  ["30 November 2026 2:05:06 PM GMT+1", "13:05:06.000"],
  ["30 November 2026 14:05:06 CET", "13:05:06.000"],
  ["30 November 2026 14:05:06 GMT+1", "14:05:06.000"],
  ["30.11.2026 14:05:06 GMT+1", "14:05:06.000"],
  ["11/30/2026 14:05:06+01:00", "14:05:06.000"],
  ["Mon, 30 Nov 2026 14:05:06 +0100", "14:05:06.000"],
  ["Mon Nov 30 2026 14:05:06 GMT+0100", "14:05:06.000"],
  ["2026-11-30T14:05:06+01", "14:05:06.010"],
];

for (const [text, expected] of GIVEN) {
  const read = parser.fromString(text);
  assert.ok(read.isValid(), "changed: it is refused");
  const [day, seen] = read.toISOString().slice(0, -1).split("T");
  console.log(text.padEnd(36), seen);
  assert.deepEqual([day, seen], ["2026-11-30", expected], "changed");
}
NODE
TZ=UTC node see.mjs
