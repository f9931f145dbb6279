#!/usr/bin/env bash
# footinch 1.0.2 (npm): a picture of 6 1/2 in is six feet long, where one of 6 1/2" is not.
#
# Expected: a length that ends with "in" is one of inches, as one that ends with the inch sign: 6 in, 6", 6.5 in and
#           6 1/2" are. What is none is NaN.
# Happens:  behind a fraction only the sign is known. Of "6 1/2 in" the six are feet, and half an inch is added: 72 1/2
#           inches, eleven times as long, and a parcel that no post takes. It is a number like each other one, no NaN,
#           while "1/2 in", without a whole number, is one.
# Seen on 2026-11-30; lengths as they were given, in inches:
#   6"          6
#   6 in        6
#   6.5 in      6.5
#   6 1/2"      6.5
#   6 1/2 in    72.5
#   12 3/4 in   144.75
#   1/2"        0.5
#   1/2 in      NaN
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" footinch@1.0.2 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const { parse } = require("footinch");

const GIVEN = [
  ['6"', 6],
  ["6 in", 6],
  ["6.5 in", 6.5],
  ['6 1/2"', 6.5],
  ["6 1/2 in", 72.5],
  ["12 3/4 in", 144.75],
  ['1/2"', 0.5],
  ["1/2 in", NaN],
];

for (const [given, expected] of GIVEN) {
  const seen = Number((parse.FEET(given) * 12).toFixed(6));
  console.log(given.padEnd(11), seen);
  assert.equal(seen, expected, "changed");
}
NODE
node see.cjs
