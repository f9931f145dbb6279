#!/usr/bin/env bash
# currency-formatter 1.5.9 (npm): of the amounts that it writes itself it reads those of 17 currencies as another one, 1,234.50 dirhams as 0.
#
# Expected: `unformat` reads what `format` has written of the same currency.
# Happens:  each point of the text is taken for the one before the decimals, also one that belongs to the currency's sign, as in "S/." of Peru and
#           "Nu." of Bhutan; of Moroccan dirhams and the other signs in Arabic, which have two, nothing is left: 0. And Vietnam's table has the
#           point both for thousands and for decimals: 1,234,568 dong, written as "1.234.568", are 1.234. No error is raised; euros,
#           dollars and the like are read well, "kr." too, whose table has the comma before the decimals.
# Seen on 2026-11-30, 1234567.5 written and read again:
#   EUR    1234567.5
#   ISK    1234568
#   PEN    0.1234567
#   MAD    0
#   VND    1.234
#   of 1234.5 in 163 currencies 17 are another amount
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" currency-formatter@1.5.9 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const { currencies, format, unformat } = require("currency-formatter");

const readAgain = (amount, code) => unformat(format(amount, { code }), { code });

for (const [code, expected] of [["EUR", 1234567.5], ["ISK", 1234568], ["PEN", 0.1234567], ["MAD", 0], ["VND", 1.234]]) {
  const seen = readAgain(1234567.5, code);
  console.log(code.padEnd(6), seen);
  assert.equal(seen, expected, "changed");
}
const others = currencies.filter(({ code, decimalDigits }) => readAgain(1234.5, code) !== Number((1234.5).toFixed(decimalDigits)));
console.log(`of 1234.5 in ${currencies.length} currencies ${others.length} are another amount`);
assert.deepEqual([currencies.length, others.length], [163, 17], "changed");
NODE
node see.cjs
