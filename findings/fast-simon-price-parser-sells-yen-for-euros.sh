#!/usr/bin/env bash
# @fast-simon/price-parser 1.0.58 (npm): once a page has shown a price in euros, 1990 yen are "€1,990.00" there.
#
# Expected: `formatPrice("JPY", 1990)` is a price in yen, whatever was formatted before, and `removeDecimal` counts for
#           the call that it is given to.
# Happens:  the formatter is made by the first call in a page, kept in `window`, and used for each later one, whatever
#           its currency: a shop that lets its visitors choose one, or shows two side by side, sells yen and pounds for
#           as many euros, and the dirhams' text is put around the sign of the euro. With `removeDecimal` in the first
#           call no price has cents any more: 19.90 is €20. A currency without a formatter, as the krona, is well. No
#           error is raised; with one currency in a page all is well.
# Seen on 2026-11-30 with Node 20.20.2 and an object as `window`; in a page of its own, and behind a price in euros:
#   EUR   €19.90           €19.90
#   JPY   ¥1,990           €1,990.00
#   GBP   £19.90           €19.90
#   USD   $19.90           €19.90
#   AED   Dhs. 19.90 AED   Dhs. €19.90 AED
#   SEK   199 SEK          199 SEK
#   19.90 euros behind a price without cents: €20
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" @fast-simon/price-parser@1.0.58 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
const assert = require("node:assert");
globalThis.window = {};
const { PriceParser } = require("@fast-simon/price-parser");

const EXPECTED = [
  ["EUR", 19.9, "€19.90", "€19.90"],
  ["JPY", 1990, "¥1,990", "€1,990.00"],
  ["GBP", 19.9, "£19.90", "€19.90"],
  ["USD", 19.9, "$19.90", "€19.90"],
  ["AED", 19.9, "Dhs. 19.90 AED", "Dhs. €19.90 AED"],
  ["SEK", 199, "199 SEK", "199 SEK"],
];

function inAPage(...calls) {
  globalThis.window = {};
  const shown = calls.map((call) => PriceParser.formatPrice(...call));
  return shown.at(-1).replaceAll("\u200f", "").replace(/\s+/g, " ");
}

for (const [code, price, ...expected] of EXPECTED) {
  const seen = [inAPage([code, price]), inAPage(["EUR", 5], [code, price])];
  console.log(code.padEnd(5), seen[0].padEnd(16), seen[1]);
  assert.deepEqual(seen, expected, "changed");
}
const behind = inAPage(["EUR", 5, { removeDecimal: true }], ["EUR", 19.9]);
console.log("19.90 euros behind a price without cents:", behind);
assert.equal(behind, "€20", "changed: removeDecimal");
NODE
LC_ALL=en_US.UTF-8 node see.cjs
