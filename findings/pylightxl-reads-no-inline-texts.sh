#!/usr/bin/env bash
# pylightxl 1.61: a workbook that was written row by row has its numbers, and not one of its texts.
#
# A cell's text may stand in the cell itself (`t="inlineStr"`, ECMA-376, part 1, 18.3.1.53 and 18.18.11) instead of in the shared table. What
# writes large files in a stream does so: XlsxWriter with `constant_memory`, Apache POI's SXSSF.
# Expected: the texts, or a word that this kind of cell is not known.
# Happens:  `readxl` looks at the element v, which such a cell does not have, and takes "" for it. Numbers are read: prices without
#           articles, an import in which all rows have the same, empty SKU. Saved once by Excel, the same file is read whole.
# Seen on 2026-11-29 with XlsxWriter 3.3.1; openpyxl 3.1.5 reads both:
#   shared  [['sku', 'title', 'price'], ['B-1', 'Boots', 49.9]]
#   inline  [['', '', ''], ['', '', 49.9]]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pylightxl==1.61 XlsxWriter==3.3.1 openpyxl==3.1.5
cd "$folder"
venv/bin/python - <<'PYTHON'
import openpyxl
import pylightxl
import xlsxwriter

ROWS = [["sku", "title", "price"], ["B-1", "Boots", 49.9]]
seen = {}
for name, by_row in (("shared", False), ("inline", True)):
    with xlsxwriter.Workbook("products.xlsx", {"constant_memory": by_row}) as book:
        sheet = book.add_worksheet("Products")
        for number, row in enumerate(ROWS):
            sheet.write_row(number, 0, row)
    seen[name] = list(pylightxl.readxl("products.xlsx").ws("Products").rows)
    print(f"{name}  {seen[name]}")
    witness = [list(row) for row in openpyxl.load_workbook("products.xlsx").active.values]
    assert witness == ROWS, "changed: the witness"
assert seen["shared"] == ROWS, "changed: shared texts are read otherwise"
assert seen["inline"] == [["", "", ""], ["", "", 49.9]], "changed: inline texts are read"
PYTHON
