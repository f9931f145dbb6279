#!/usr/bin/env bash
# python-calamine 0.9.1 opens no .ods that SheetJS (xlsx 0.18.5) writes: it takes the indentation between two cells for a fault.
#
# SheetJS writes workbooks in browsers and in Node; 0.18.5 is the newest in npm's registry. It indents content.xml, which means nothing:
# a row has no text of its own, only cells.
# Expected: the cells.
# Happens:  CalamineError, for the whole workbook. Between rows the same white space is ignored.
# Seen on 2026-11-28 with odfpy 1.4.1 as a witness:
#   odfpy    ['sku', 'COAT-1']
#   calamine CalamineError: Expecting 'table-cell', found 'Text(…)'
#   calamine, the same file without the indentation: [['sku', 'COAT-1']]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet odfpy==1.4.1 python-calamine==0.9.1
npm install --silent --no-audit --no-fund --prefix "$folder" xlsx@0.18.5 >/dev/null
cd "$folder"
node -e '
const { utils, writeFile } = require("xlsx");
const book = utils.book_new();
utils.book_append_sheet(book, utils.aoa_to_sheet([["sku", "COAT-1"]]), "Products");
writeFile(book, "products.ods");
'
venv/bin/python - <<'PYTHON'
import re
from zipfile import ZipFile

from odf.opendocument import load
from odf.table import TableCell
from odf.teletype import extractText
from python_calamine import CalamineError, CalamineWorkbook


def read(path):
    return CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()


texts = [extractText(cell) for cell in load("products.ods").getElementsByType(TableCell)]
print("odfpy   ", texts)
assert texts == ["sku", "COAT-1"], "changed: the witness does not read what was written"

try:
    found = read("products.ods")
except CalamineError as error:
    found = None
    print("calamine CalamineError:", re.sub(r"Text\(.*\)", "Text(…)", str(error)))
assert found is None, f"changed: calamine reads {found}"

with ZipFile("products.ods") as indented, ZipFile("dense.ods", "w") as dense:
    for name in indented.namelist():
        dense.writestr(name, re.sub(rb">\s+<", b"><", indented.read(name)))
print("calamine, the same file without the indentation:", read("dense.ods"))
assert read("dense.ods") == [texts], "changed: something else in the file is not taken"
PYTHON
