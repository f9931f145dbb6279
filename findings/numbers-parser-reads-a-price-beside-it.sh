#!/usr/bin/env bash
# numbers-parser 4.22.0 (Python): of an Apple Numbers file one price of twenty is read as another one, 12.50 as 12.500000000000002.
#
# Expected: the format keeps a number as a decimal of 128 bits, in which 12.50 and 0.99 are exact: what was written is read.
# Happens:  its digits are multiplied, in floats, by a power of ten that for all below one is no float exactly: 12500000000000000 by 10 to the -15th
#           is not 12.5. The price is read as 0.9900000000000001, `formatted_value` shows it so, and so it goes into the feed that is made
#           of the file. Who compares it with what a shop shows sends the article at each look. Which prices are hit depends on how
#           many digits the file keeps; whole numbers and 9.99 are read well, so that a few tries show nothing.
# Seen on 2026-11-30, files that it wrote itself, the prices from 0.01 to 10.00 and 12.50:
#   9.99     9.99
#   0.99     0.9900000000000001
#   12.5     12.500000000000002
#   50 of 1000 come back as another number
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet numbers-parser==4.22.0
cd "$folder"
cat > see.py <<'PYTHON'
from numbers_parser import Document

PRICES = [cents / 100 for cents in range(1, 1001)]
GIVEN = {9.99: "9.99", 0.99: "0.9900000000000001", 12.5: "12.500000000000002"}

written = [*PRICES, 12.5]
document = Document(num_rows=len(written), num_cols=1)
for row, price in enumerate(written):
    document.sheets[0].tables[0].write(row, 0, price)
document.save("prices.numbers")
table = Document("prices.numbers").sheets[0].tables[0]
cells = {price: table.cell(row, 0) for row, price in enumerate(written)}
for price, expected in GIVEN.items():
    print(f"{price:<8} {cells[price].formatted_value}")
    assert (repr(cells[price].value), cells[price].formatted_value) == (expected, expected), "changed"
others = sum(cells[price].value != price for price in PRICES)
print(f"{others} of {len(PRICES)} come back as another number")
assert others > len(PRICES) / 50, "changed"
PYTHON
venv/bin/python -W ignore see.py
