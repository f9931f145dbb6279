#!/usr/bin/env bash
# csvkit 2.2.0, agate 1.14.2: sorting a product file makes a stock of 1 "True", a price of 12,50 1250 and a size 12m twelve minutes.
#
# `csvsort` orders the rows of a file, `in2csv` writes a workbook as CSV; both are to leave the cells alone.
# Expected: the cells as they were; a price with a decimal comma, which is no number of the locale en_US, is a text.
# Happens:  what is written are agate's values, not the texts. Types are tried in the order boolean, number, duration, date, and "1" and "0"
#           are booleans: who sells single pieces has a stock of True. A number's group signs are taken out wherever they stand, so
#           that "12,50" is a hundred times itself, without "--locale" or a warning; "1.299,00" beside it is 1.299. Months of a
#           child's age are minutes ("12m") or dates ("12 months"), and a text cell of a workbook that is to keep its zeros loses
#           them. One more row that does not fit (a stock of 2, a size "S") and the column stays as it was.
# Seen on 2026-11-29:
#   csvsort, given:   A2;1;12,50;12m;12 months / A1;0;1.299,00;6m;6 months
#   csvsort, written: A1,False,1.29900,0:06:00,0001-07-01 / A2,True,1250,0:12:00,0002-01-01
#   with a stock of 2: 0, 1, 2
#   in2csv, text cells '0042', '0107': 42, 107
# The option -I (--no-inference) leaves the cells alone.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet csvkit==2.2.0 agate==1.14.2 agate-excel==0.4.2 openpyxl==3.1.5
cd "$folder"
cat > see.py <<'PYTHON'
import subprocess

import openpyxl


def run(tool, *arguments, given=None):
    done = subprocess.run([f"venv/bin/{tool}", *arguments], input=given, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[1:]


rows = ["A2;1;12,50;12m;12 months", "A1;0;1.299,00;6m;6 months"]
header = "sku;stock;price;size;age\n"
print("csvsort, given:  ", " / ".join(rows))
written = run("csvsort", "-d", ";", "-c", "sku", given=header + "\n".join(rows) + "\n")
print("csvsort, written:", " / ".join(written))
more = run("csvsort", "-d", ";", "-c", "sku", given=header + "\n".join([*rows, "A3;2;5,00;9m;9 months"]) + "\n")
stock = [line.split(",")[1] for line in more]
print("with a stock of 2:", ", ".join(stock))
book = openpyxl.Workbook()
for row in (["sku", "ean"], ["A1", "0042"], ["A2", "0107"]):
    book.active.append(row)
book.save("products.xlsx")
codes = [line.split(",")[1] for line in run("in2csv", "products.xlsx")]
print("in2csv, text cells '0042', '0107':", ", ".join(codes))
untouched = run("csvsort", "-I", "-d", ";", "-c", "sku", given=header + "\n".join(rows) + "\n")
assert written == ["A1,False,1.29900,0:06:00,0001-07-01", "A2,True,1250,0:12:00,0002-01-01"], "changed: cells are written otherwise"
assert stock == ["0", "1", "2"], "changed: a stock of 2 does not decide"
assert codes == ["42", "107"], "changed: text cells keep their zeros"
assert untouched == ['A1,0,"1.299,00",6m,6 months', 'A2,1,"12,50",12m,12 months'], "changed: -I touches the cells"
PYTHON
venv/bin/python see.py
