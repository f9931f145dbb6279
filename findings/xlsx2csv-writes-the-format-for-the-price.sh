#!/usr/bin/env bash
# xlsx2csv 0.8.6: a stock that is shown with its unit becomes the letters of its format, and what was sold at 23:59 was sold at 11:59.
#
# Expected: the number, as for any other format, and the hour as Excel shows it: "h" counts to 23 where the format has no AM/PM
#           (ECMA-376 part 1, 18.8.31).
# Happens:  a format is a date's if it has a "d", "m", "y", "h" or "s" in it, also within quotes, where they are letters of a text. A price in
#           `"US$"` or "HUF" and a stock in `"pcs"`, `"items"` or `"sets"` are written as the format itself, in small letters, with bits of a date
#           of 1900 in it; the number is lost. "h" becomes an hour of twelve and no word says which half of the day it is of: so it is in format 22,
#           Excel's own for a date with its time, and in the one that openpyxl gives to each datetime. The exit code is 0.
# Seen on 2026-11-29 with openpyxl 3.1.5, each cell as it is written:
#   12 as 0 "kg"               12
#   12 as 0 "pcs"              0 "pcs"
#   12 as 0 "items"            0 "ite01s"
#   1299.5 as "EUR" #,##0.00   1299.5
#   1299.5 as "US$" #,##0.00   "us$" #,##0.00
#   23:59 as hh:mm             2026-11-29 23:59
#   23:59 as h:mm              2026-11-29 11:59
# Its pull request 186, of 2019, mends both; it is open.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet xlsx2csv==0.8.6 openpyxl==3.1.5
cd "$folder"
cat > write.py <<'PYTHON'
from datetime import datetime

from openpyxl import Workbook

FORMATS = {'0 "kg"': 12, '0 "pcs"': 12, '0 "items"': 12, '"EUR" #,##0.00': 1299.5, '"US$" #,##0.00': 1299.5}
SOLD = datetime(2026, 11, 29, 23, 59)

book = Workbook()
for form, value in {**FORMATS, "yyyy-mm-dd hh:mm": SOLD, "yyyy-mm-dd h:mm": SOLD}.items():
    named = form.removeprefix("yyyy-mm-dd ")
    book.active.append([f"{'23:59' if value is SOLD else value} as {named}", value])
    book.active.cell(book.active.max_row, 2).number_format = form
book.save("stock.xlsx")
PYTHON
cat > see.py <<'PYTHON'
import csv

SEEN = ["12", '0 "pcs"', '0 "ite01s"', "1299.5", '"us$" #,##0.00', "2026-11-29 23:59", "2026-11-29 11:59"]
with open("stock.csv", newline="", encoding="utf-8") as file:
    rows = list(csv.reader(file))
for what, cell in rows:
    print(f"{what:26} {cell}")
assert [cell for _, cell in rows] == SEEN, "changed"
PYTHON
venv/bin/python write.py
venv/bin/xlsx2csv stock.xlsx stock.csv
venv/bin/python see.py
