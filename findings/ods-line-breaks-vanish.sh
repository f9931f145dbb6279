#!/usr/bin/env bash
# python-calamine 0.9.1 drops the line breaks and tabs in the cells of an .ods: words grow together.
#
# OpenDocument writes a line break within a paragraph as `text:line-break`, a tab as `text:tab`, several spaces as `text:s` (ODF 1.3,
# part 3, 6.1); odfpy's own `addTextToElement` makes them of "\n" and "\t".
# Expected: "\n" and "\t", as `text:s` gives its spaces and a second `text:p` gives "\n".
# Happens:  `text:line-break` and `text:tab` give nothing, not even a space.
# Seen on 2026-11-28 with odfpy 1.4.1 (which writes the file and reads it back):
#   odfpy    ['Wool coat\nLined', 'XS\tS', 'a   b']
#   calamine ['Wool coatLined', 'XSS', 'a   b']
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet odfpy==1.4.1 python-calamine==0.9.1
cd "$folder"
venv/bin/python - <<'PYTHON'
from odf.opendocument import OpenDocumentSpreadsheet, load
from odf.table import Table, TableCell, TableRow
from odf.teletype import addTextToElement, extractText
from odf.text import P
from python_calamine import CalamineWorkbook

written = ["Wool coat\nLined", "XS\tS", "a   b"]
row = TableRow()
for text in written:
    paragraph = P()
    addTextToElement(paragraph, text)
    cell = TableCell(valuetype="string")
    cell.addElement(paragraph)
    row.addElement(cell)
table = Table(name="Products")
table.addElement(row)
book = OpenDocumentSpreadsheet()
book.spreadsheet.addElement(table)
book.save("products.ods")

by_odfpy = [extractText(cell) for cell in load("products.ods").getElementsByType(TableCell)]
[by_calamine] = CalamineWorkbook.from_path("products.ods").get_sheet_by_index(0).to_python()
print("odfpy   ", by_odfpy)
print("calamine", by_calamine)
assert by_odfpy == written, "changed: the witness does not read what was written"
assert by_calamine == ["Wool coatLined", "XSS", "a   b"], "changed: calamine reads these texts otherwise"
PYTHON
