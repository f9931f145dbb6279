#!/usr/bin/env bash
# @half0wl/money 1.0.2 (npm): a price of "19.00" is nineteen cents, while "19.99" is nineteen euros and 99 cents.
#
# Expected: its README says that `Money.fromString('USD', '10.00')`, a "float-string", is 1000 cents and $10.00.
# Happens:  the text is read as a number, and one that is whole, with or without decimals, counts cents: ten dollars
#           are ten cents. Prices with cents are well, so that of a file of prices some are a hundredth. No error is
#           raised. `Money.fromFloat`, which the README gives 15.00, refuses a whole number with an error.
# Seen on 2026-11-30:
#   USD 10.00       $0.10
#   EUR 19.00       €0.19
#   EUR 19.50       €19.50
#   EUR 19.99       €19.99
#   JPY 1900        ¥1,900
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" @half0wl/money@1.0.2 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const { Money } = require("@half0wl/money");

const GIVEN = [
  ["USD", "10.00", "$0.10"],
  ["EUR", "19.00", "€0.19"],
  ["EUR", "19.50", "€19.50"],
  ["EUR", "19.99", "€19.99"],
  ["JPY", "1900", "¥1,900"],
];

for (const [currency, text, expected] of GIVEN) {
  const seen = Money.fromString(currency, text).toLocaleString();
  console.log(`${currency} ${text}`.padEnd(15), seen);
  assert.equal(seen, expected, "changed");
}
assert.throws(() => Money.fromFloat("USD", 15.0), TypeError, "changed");
NODE
node see.cjs
