#!/usr/bin/env bash
# convert-pro 1.3.2 (npm): a pound has 553.6 grams, a fifth more than a pound.
#
# Expected: a pound is 453.59237 grams, and 16 ounces are one.
# Happens:  a digit of its constant is another one. What is given in pounds is 22 % too heavy in every other unit, what
#           is made pounds of is 18 % too light: a parcel of 1.9 kg, which are 4.19 pounds, is offered with the postage
#           of 3.43. Ounces, stones, kilograms and all lengths are well, so that a pound is 19.5 ounces, and a text
#           like "2 lb 3 oz" is wrong in its first part only. No error is raised.
# Seen on 2026-11-30:
#   1 lb to g            553.592
#   16 oz to g           453.592
#   16 oz to lb          0.819
#   1 st to lb           11.471
#   1.9 kg to lb         3.432
#   1 in to cm           2.54
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" convert-pro@1.3.2 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const { default: convert } = require("convert-pro");

const GIVEN = [
  ["mass", "1 lb", "g", 553.592],
  ["mass", "16 oz", "g", 453.592],
  ["mass", "16 oz", "lb", 0.819],
  ["mass", "1 st", "lb", 11.471],
  ["mass", "1.9 kg", "lb", 3.432],
  ["length", "1 in", "cm", 2.54],
];

for (const [kind, given, unit, expected] of GIVEN) {
  const seen = Number(convert[kind](given, unit).toFixed(3));
  console.log(`${given} to ${unit}`.padEnd(20), seen);
  assert.equal(seen, expected, "changed");
}
NODE
node see.cjs
