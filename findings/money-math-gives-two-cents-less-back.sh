#!/usr/bin/env bash
# money-math 2.6.3 (npm): what is credited is up to two cents less than what was charged for the same thing.
#
# Expected: amounts "like "0.25", "1000.00", or "-42.10"" are multiplied, divided and taken percents of, "rounded to
#           the whole cent": -19.99 times 1.19 is 23.79 below nothing, as 19.99 times 1.19 is 23.79.
# Happens:  the rest of the division, which is negative here, is cut off towards zero, and then a cent is added for it
#           if its digits are 50 or more. Each product, quotient and share below zero is between nothing and two cents
#           too near to zero: a credit note that repeats an invoice's lines with a minus does not come to the same
#           amount. No error is raised; what is above zero is well.
# Seen on 2026-11-30, above zero and below it:
#   mul 19.99 1.19                 23.79     -23.77
#   mul 1.05 1.50                  1.58      -1.56
#   percent 19.99 19.00            3.80      -3.79
#   div 20.00 3.00                 6.67      -6.65
#   100 times 19.99 with 19 %      2379.00   -2377.00
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" money-math@2.6.3 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const money = require("money-math");

const added = (sum, one) => money.add(sum, one);
const hundred = (price, rate) => Array(100).fill(money.mul(price, rate)).reduce(added, "0.00");
const GIVEN = [
  ["mul 19.99 1.19", (sign) => money.mul(`${sign}19.99`, "1.19"), "23.79", "-23.77"],
  ["mul 1.05 1.50", (sign) => money.mul(`${sign}1.05`, "1.50"), "1.58", "-1.56"],
  ["percent 19.99 19.00", (sign) => money.percent(`${sign}19.99`, "19.00"), "3.80", "-3.79"],
  ["div 20.00 3.00", (sign) => money.div(`${sign}20.00`, "3.00"), "6.67", "-6.65"],
  ["100 times 19.99 with 19 %", (sign) => hundred(`${sign}19.99`, "1.19"), "2379.00", "-2377.00"],
];

for (const [what, made, charged, credited] of GIVEN) {
  const seen = [made(""), made("-")];
  console.log(what.padEnd(30), seen[0].padEnd(9), seen[1]);
  assert.deepEqual(seen, [charged, credited], "changed");
}
NODE
node see.cjs
