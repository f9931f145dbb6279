#!/usr/bin/env bash
# parse-price 1.1.8 (npm): $1,299 is 1.299, $1,290 is 1290; $1,234,567 is 1.234, Rs. 499 is 0.499, and a refund is a payment.
#
# Expected: "returns a Number from a localized price string": one comma or dot with three digits behind it groups thousands, as dollars,
#           euros and rupees have two decimals; so do two of them; a minus makes a number negative. parsecurrency 1.1.1 reads it so.
# Happens:  the last comma or dot is the decimal sign, unless the price ends with a 0 and has more than two digits behind the sign. What stands
#           behind a second comma is dropped, the dot of "Rs." or "kr." counts, and the minus is taken away. Prices end with 9 more
#           often than with 0: those at 1,000 and more come out a thousandth.
# Seen on 2026-11-29, parse-price and parsecurrency:
#   $1,290.00   1290    1290
#   $1,290      1290    1290
#   $1,299      1.299   1299
#   1.299 €     1.299   1299
#   $1,234,567  1.234   1234567
#   Rs. 500     500     500
#   Rs. 499     0.499   499
#   -12,50 €    12.5    -12.5
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" parse-price@1.1.8 parsecurrency@1.1.1 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const parsePrice = require("parse-price");
const parseCurrency = require("parsecurrency");

const SEEN = {
  "$1,290.00": [1290, 1290],
  "$1,290": [1290, 1290],
  "$1,299": [1.299, 1299],
  "1.299 €": [1.299, 1299],
  "$1,234,567": [1.234, 1234567],
  "Rs. 500": [500, 500],
  "Rs. 499": [0.499, 499],
  "-12,50 €": [12.5, -12.5],
};
for (const [price, seen] of Object.entries(SEEN)) {
  const read = [parsePrice(price), parseCurrency(price)?.value];
  console.log(price.padEnd(11), String(read[0]).padEnd(7), read[1]);
  assert.deepEqual(read, seen, "changed");
}
NODE
node see.cjs
