#!/usr/bin/env bash
# zpl-core 0.1.0 (Python): of a workbook a label has the price as its barcode, others are not there, or none is.
#
# Expected: `xlsx_batch` makes a label of each row, with a name and a barcode of the columns that are named for them;
#           "rows with an empty id are skipped". A column is named by its letter, its number or "a header name".
# Happens:  a cell that is coloured and empty, which Excel writes as `<c r="B3" s="1"/>`, takes the value of the cell
#           behind it, and that one is gone: an article without a number gets its price as one, which is printed and
#           scanned. Is that value a text, the cell has its place in the table of texts instead: an article without a
#           name loses its number so, and has no label. A header of up to three letters, as SKU, EAN and ID, is taken
#           for the letters of a column far to the right: no row has a number there, and no label is made. No error
#           is raised, and `build_job` names no issue.
# Seen on 2026-11-30 with XlsxWriter 3.3.1, of two workbooks whose rows are all coloured:
#   Dress red,  A-17, 19.99        Dress red: A-17
#   Dress blue, -,    24.99        Dress blue: 24.99
#   -,          C-1,  5            no label
#   Shoe,       B-4,  59.90        Shoe: B-4
#   the header SKU for Number      no label at all
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet zpl-core==0.1.0 XlsxWriter==3.3.1
cd "$folder"
cat > see.py <<'PYTHON'
import xlsxwriter
from zpl_core import xlsx_batch

ARTICLES = [
    ("Dress red,  A-17, 19.99", ("Dress red", "A-17", 19.99), "Dress red: A-17"),
    ("Dress blue, -,    24.99", ("Dress blue", None, 24.99), "Dress blue: 24.99"),
    ("-,          C-1,  5", (None, "C-1", 5), "no label"),
    ("Shoe,       B-4,  59.90", ("Shoe", "B-4", 59.9), "Shoe: B-4"),
]


def labels(header, articles):
    with xlsxwriter.Workbook("articles.xlsx") as workbook:
        coloured = workbook.add_format({"bg_color": "#FFFF00"})
        sheet = workbook.add_worksheet()
        for row, cells in enumerate([("Name", header, "Price"), *articles]):
            for column, value in enumerate(cells):
                sheet.write(row, column, value, coloured)
    specs = xlsx_batch.plan_specs(xlsx_batch.read_xlsx_rows("articles.xlsx"), "Name", header)
    assert not xlsx_batch.build_job(specs)[1], "changed"
    return [": ".join(field["data"] for field in spec["fields"]) for spec in specs]


for told, article, expected in ARTICLES:
    seen = ", ".join(labels("Number", [article])) or "no label"
    print(f"{told:<30} {seen}")
    assert seen == expected, "changed"
every = [article for _, article, _ in ARTICLES]
assert labels("Number", every) == [label for _, _, label in ARTICLES if label != "no label"], "changed"
assert labels("SKU", every) == [], "changed"
print(f"{'the header SKU for Number':<30} no label at all")
PYTHON
TMPDIR="$folder" venv/bin/python see.py # it keeps a folder beside others' temporary files
