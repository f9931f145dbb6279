#!/usr/bin/env bash
# ts-tracking-number 1.0.17 (npm): of two parcels, one number under the other, `findTracking` makes one of another carrier, or none.
#
# Expected: "Search text for tracking numbers": the numbers of a list are found as they are when a comma stands between them, whose check digits
#           are right; what stands in another line or cell is another number.
# Happens:  a number may have spaces between any of its digits, and a line's end and a tab are spaces. Two numbers of DHL, ten digits each, are
#           also the twenty of one of USPS, and what is the beginning or the end of something longer is thrown away before anything is
#           checked. If the check digit of the twenty is right by chance, as it is for every tenth pair, a parcel is found that nobody
#           sent; else nothing is. A number of FedEx behind an order's number in the cell before is not found either.
# Seen on 2026-11-30, numbers made up of zeros with the right check digits:
#   "1000000013, 2000000052"     dhl 1000000013, dhl 2000000052
#   "1000000013\n2000000052"     usps 10000000132000000052
#   "1000000013\n2000000026"     none
#   "Order 1042: 100000000014"   fedex 100000000014
#   "1042\t100000000014"         none
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" ts-tracking-number@1.0.17 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const { findTracking } = require("ts-tracking-number");

const GIVEN = [
  ["1000000013, 2000000052", "dhl 1000000013, dhl 2000000052"],
  ["1000000013\n2000000052", "usps 10000000132000000052"],
  ["1000000013\n2000000026", "none"],
  ["Order 1042: 100000000014", "fedex 100000000014"],
  ["1042\t100000000014", "none"],
];

for (const [text, expected] of GIVEN) {
  const seen = findTracking(text).map(({ courier, trackingNumber }) => `${courier.code} ${trackingNumber}`).join(", ") || "none";
  console.log(JSON.stringify(text).padEnd(28), seen);
  assert.equal(seen, expected, "changed");
}
NODE
node see.cjs
