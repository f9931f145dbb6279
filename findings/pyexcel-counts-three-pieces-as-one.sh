#!/usr/bin/env bash
# pyexcel-ods3 0.6.1 and pyexcel-ods 0.6.0: of equal rows that follow one another one is read; a price in euros is the text "19.99 EUR".
#
# Expected: each row of the sheet, as from .xlsx, and of a cell its value: ODF writes rows that are equal as one with
#           `table:number-rows-repeated`, and a price with `office:value="19.99"`. Excel for the web saves them so (pull request 308 of calamine).
# Happens:  the repetition of a row is not looked at, though that of a cell is: of a stocktaking, in which each piece that was scanned
#           is a row, three pieces that came one after the other are one, and two that did not are two. Nothing tells that rows are gone.
#           And the value of a cell of the type currency has its currency behind it, so that prices are texts where the seller chose
#           the euro format, and numbers where not.
# Seen on 2026-11-30; the file is made with odfpy 1.4.1, python-calamine 0.9.1 reads it for comparison:
#   pyexcel_ods3     ['4006381333931', '4012345678901', '4006381333931'] '19.99 EUR'
#   pyexcel_ods      ['4006381333931', '4012345678901', '4006381333931'] '19.99 EUR'
#   python_calamine  ['4006381333931', '4006381333931', '4006381333931', '4012345678901', '4006381333931'] 19.99
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pyexcel-ods3==0.6.1 pyexcel-ods==0.6.0 odfpy==1.4.1 python-calamine==0.9.1
cd "$folder"
cat > see.py <<'PYTHON'
import pyexcel_ods
import pyexcel_ods3
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P
from python_calamine import CalamineWorkbook

PEN, BOOK = "4006381333931", "4012345678901"


def cell(text, **value):
    made = TableCell(**value)
    made.addElement(P(text=text))
    return made


def write(path):
    """The pen three times, the book, the pen once more, and a price."""
    document = OpenDocumentSpreadsheet()
    table = Table(name="stock")
    document.spreadsheet.addElement(table)
    for scanned, times in ((PEN, 3), (BOOK, 1), (PEN, 1)):
        row = TableRow(**({"numberrowsrepeated": times} if times > 1 else {}))
        row.addElement(cell(scanned, valuetype="string"))
        table.addElement(row)
    price = TableRow()
    price.addElement(cell("19,99 €", valuetype="currency", currency="EUR", value="19.99"))
    table.addElement(price)
    document.save(path)


write("stock.ods")
right = [PEN, PEN, PEN, BOOK, PEN]
for name, rows, expected in (
    ("pyexcel_ods3", pyexcel_ods3.get_data("stock.ods")["stock"], ([PEN, BOOK, PEN], "19.99 EUR")),
    ("pyexcel_ods", pyexcel_ods.get_data("stock.ods")["stock"], ([PEN, BOOK, PEN], "19.99 EUR")),
    ("python_calamine", CalamineWorkbook.from_path("stock.ods").get_sheet_by_index(0).to_python(), (right, 19.99)),
):
    *scanned, price = [row[0] for row in rows]
    print(f"{name:<16} {scanned} {price!r}")
    assert (scanned, price) == expected, "changed"
PYTHON
venv/bin/python see.py
