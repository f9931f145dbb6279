#!/usr/bin/env bash
# @easymoney/money 1.0.2 (npm): 10.00 dollars are less than 9.99, and an order of 100.00 does not reach 50.00.
#
# Expected: `greaterThan`, `lessThan` and `compare` compare amounts, and put them in order.
# Happens:  an amount is kept as a text, also one that was given as a number, and texts are compared sign by sign:
#           "1000" comes before "999". A shop that ships freely from 50.00 charges the shipping for 100.00, a discount
#           of 10.00 is allowed on an order of 9.00, and the dearest of some offers is the one that begins with the
#           highest digit. It is right only where both have as many digits, as prices between 10.00 and 99.99 do, and
#           where chance has it so. No error is raised.
# Seen on 2026-11-30 with @easymoney/core 1.0.1; amounts in cents:
#   1000 > 999      false
#   10000 > 5000    false
#   900 < 1000      false
#   5000 > 4999     true
#   in order        1000, 10000, 200, 5000, 999
#   of all pairs from 0.05 to 20.00, each five cents, 49 % are the wrong way round
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" @easymoney/money@1.0.2 @easymoney/core@1.0.1 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const { createMoney } = require("@easymoney/money");

const MANY = 400;
const dollars = (cents) => createMoney({ amount: cents, currency: "USD" });
const SEEN = [
  ["1000 > 999", dollars(1000).greaterThan(dollars(999)), false],
  ["10000 > 5000", dollars(10000).greaterThan(dollars(5000)), false],
  ["900 < 1000", dollars(900).lessThan(dollars(1000)), false],
  ["5000 > 4999", dollars(5000).greaterThan(dollars(4999)), true],
];

for (const [told, seen, expected] of SEEN) {
  console.log(told.padEnd(15), seen);
  assert.equal(seen, expected, "changed");
}
const ordered = [999, 5000, 200, 10000, 1000].map(dollars).sort((one, other) => one.compare(other));
const order = ordered.map((money) => money.getAmount()).join(", ");
console.log("in order".padEnd(15), order);
assert.equal(order, "1000, 10000, 200, 5000, 999", "changed: order");

const amounts = Array.from({ length: MANY }, (_, index) => dollars(5 * (index + 1)));
const wrong = amounts.flatMap((money, at) => amounts.slice(0, at).filter((less) => !money.greaterThan(less))).length;
const share = Math.round((wrong / ((MANY * (MANY - 1)) / 2)) * 100);
console.log(`of all pairs from 0.05 to 20.00, each five cents, ${share} % are the wrong way round`);
assert.equal(share, 49, "changed: share");
NODE
node see.cjs
