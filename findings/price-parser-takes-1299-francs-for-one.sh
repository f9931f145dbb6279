#!/usr/bin/env bash
# price-parser 0.5.1: 1299 Swiss francs, as a page of Switzerland writes them, are one franc.
#
# Expected: the amount; its README promises "zero-effort handling of thousand and decimal separators", and "1'299.50" is read well.
# Happens:  it knows the typewriter's apostrophe only. In Switzerland and Liechtenstein the digits are grouped by U+2019, ’, in CLDR up to 47, which
#           browsers, PHP and Babel format by, and typographers set it anyway. What follows it is cut off: 1 franc, without an error and
#           with the right currency. Below 1000 francs it is right, so that samples pass. Who follows a competitor's price sells for one.
# Seen on 2026-11-29 with Babel 2.18.0 (CLDR 47) as the page, and 2.19.0 (CLDR 48), which went back to the apostrophe:
#   Babel 2.18.0  CHF 899.50 is 899.50, CHF 1’299.50 is 1, CHF 12’990.00 is 12
#   Babel 2.19.0  CHF 899.50 is 899.50, CHF 1'299.50 is 1299.50, CHF 12'990.00 is 12990.00
# Its issue 61 tells of it; it is open.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
cat > "$folder/see.py" <<'PYTHON'
import sys

from babel import __version__
from babel.numbers import format_currency
from price_parser import Price

seen = []
shown = []
for francs in ("899.50", "1299.50", "12990.00"):
    page = format_currency(float(francs), "CHF", locale="de_CH")
    price = Price.fromstring(page)
    assert price.currency == "CHF", "changed: the currency"
    seen.append(str(price.amount))
    shown.append(f"{page} is {price.amount}".replace("\xa0", " "))
print(f"Babel {__version__}  {', '.join(shown)}")
assert seen == sys.argv[1:], "changed"
PYTHON
"$folder/venv/bin/pip" install --quiet price-parser==0.5.1 babel==2.18.0
"$folder/venv/bin/python" "$folder/see.py" 899.50 1 12
"$folder/venv/bin/pip" install --quiet babel==2.19.0
"$folder/venv/bin/python" "$folder/see.py" 899.50 1299.50 12990.00
