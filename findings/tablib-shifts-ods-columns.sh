#!/usr/bin/env bash
# tablib 3.10.0 reads an .ods with its columns shifted: a price becomes the stock, and a note takes a title's place.
#
# OpenDocument (1.3, part 3, `table:number-columns-repeated`) lets one element stand for equal cells side by side, and spreadsheets
# write so, whether the cells are empty or not. A comment is an element of the cell (`office:annotation`).
# Expected: each value in its own column; the number that a cell has (`office:value`); the cell's text without what is noted beside it.
# Happens:  `import_sheet` drops empty cells that are repeated and takes equal ones once, so that all behind them move to the left and the
#           row is filled up with "" at its end; `read_cell` takes the shown text for the number, which rounds a price that is
#           shown without cents, and the first element in the cell for its text, which is the date of the comment. No error.
# Seen on 2026-11-29; python-calamine 0.9.1 reads the same file as it is:
#   sku, title, stock, price, reserve
#   two empty     tablib ['B-1', 'Boots', '49.9', '', '']   calamine ['B-1', 'Boots', '', '', 49.9]
#   two equal     tablib ['B-2', 'Belt', '5.0', '9.5', '']   calamine ['B-2', 'Belt', 5.0, 5.0, 9.5]
#   shown as 50   tablib ['B-3', 'Scarf', '3.0', '50.0', '40.0']   calamine ['B-3', 'Scarf', 3.0, 49.9, 40.0]
#   with a note   tablib ['B-4', '2026-11-01T00:00:00', '1.0', '2.0', '3.0']   calamine ['B-4', 'Socks', 1.0, 2.0, 3.0]
# Its pull request 616, of March 2025, would repeat the cells; it is open.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'tablib[ods]==3.10.0' odfpy==1.4.1 python-calamine==0.9.1
cd "$folder"
venv/bin/python - <<'PYTHON'
import zipfile

import tablib
from python_calamine import CalamineWorkbook

KIND = "application/vnd.oasis.opendocument.spreadsheet"
NAMES = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text"))
NAMES += ' xmlns:dc="http://purl.org/dc/elements/1.1/" office:version="1.3"'
NOTE = "<office:annotation><dc:date>2026-11-01T00:00:00</dc:date><text:p>ask Anna</text:p></office:annotation>"


def text(value, note=""):
    return f'<table:table-cell office:value-type="string">{note}<text:p>{value}</text:p></table:table-cell>'


def number(value, shown=None, times=1):
    repeated = f' table:number-columns-repeated="{times}"' if times > 1 else ""
    return f'<table:table-cell{repeated} office:value-type="float" office:value="{value}"><text:p>{shown or value}</text:p></table:table-cell>'


ROWS = {
    "": "".join(map(text, ("sku", "title", "stock", "price", "reserve"))),
    "two empty": text("B-1") + text("Boots") + '<table:table-cell table:number-columns-repeated="2"/>' + number(49.9),
    "two equal": text("B-2") + text("Belt") + number(5, times=2) + number(9.5),
    "shown as 50": text("B-3") + text("Scarf") + number(3) + number(49.9, shown="50") + number(40),
    "with a note": text("B-4") + text("Socks", NOTE) + number(1) + number(2) + number(3),
}
table = "".join(f"<table:table-row>{cells}</table:table-row>" for cells in ROWS.values())
FILES = {
    "mimetype": KIND,
    "content.xml": f'<office:document-content {NAMES}><office:body><office:spreadsheet><table:table table:name="A">{table}'
    "</table:table></office:spreadsheet></office:body></office:document-content>",
    "META-INF/manifest.xml": '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" m:version="1.3">'
    f'<m:file-entry m:full-path="/" m:media-type="{KIND}"/><m:file-entry m:full-path="content.xml" m:media-type="text/xml"/></m:manifest>',
}
with zipfile.ZipFile("products.ods", "w") as file:
    for name, content in FILES.items():
        file.writestr(name, content)

with open("products.ods", "rb") as file:
    read = [[str(cell) for cell in row] for row in tablib.Dataset().load(file, format="ods")]
right = CalamineWorkbook.from_path("products.ods").get_sheet_by_index(0).to_python()
print(", ".join(right[0]))
for name, tablib_row, row in zip(list(ROWS)[1:], read, right[1:], strict=True):
    print(f"{name:<13} tablib {tablib_row}   calamine {row}")
assert right[1:4] == [["B-1", "Boots", "", "", 49.9], ["B-2", "Belt", 5, 5, 9.5], ["B-3", "Scarf", 3, 49.9, 40]], "changed: the witness"
assert right[4][1] == "Socks", "changed: the witness reads the note"
prices = [[cell if not cell else float(cell) for cell in row[2:]] for row in read[:3]]
assert prices[0] == [49.9, "", ""], "changed: empty cells that are repeated are kept"
assert prices[1] == [5, 9.5, ""], "changed: equal cells are repeated"
assert prices[2] == [3, 50, 40], "changed: the value is read, not what is shown"
assert read[3][1] == "2026-11-01T00:00:00", "changed: a note is told from the text"
PYTHON
