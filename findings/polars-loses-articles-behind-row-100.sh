#!/usr/bin/env bash
# polars 2.1.0 with fastexcel 0.21.0: of a workbook whose first hundred SKUs are numbers, the articles behind them lose their SKU, or are gone.
#
# Expected: a column whose types were guessed from its first rows is read as texts, or refused where a later row does not fit, as
#           `read_csv` refuses the same file. Only empty rows are left out.
# Happens:  polars lets fastexcel guess from a hundred rows, and fastexcel, whose default is to make what it can of each cell, makes nothing
#           of a text in a column of numbers: its SKU is null. Then polars leaves out rows that are all null, also those that were not
#           when they were read: an article of a text as SKU and a text as stock ("sold out") is in no row, and in no count.
# Seen on 2026-11-29, two columns, the last two rows "A-17, sold out" and "B-18, 9":
#   50 rows before them     52 rows read, SKUs at the end: A-17, B-18
#   150 rows before them    151 rows read, SKUs at the end: 100149, None
#   150 rows as CSV         ComputeError
# `infer_schema_length=None` looks at all rows; `drop_empty_rows=False` keeps the row, with two nulls.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet polars==2.1.0 fastexcel==0.21.0 openpyxl==3.1.5
cd "$folder"
cat > see.py <<'PYTHON'
from pathlib import Path

import polars as pl
from openpyxl import Workbook

LAST = [("A-17", "sold out"), ("B-18", 9)]


def rows(count):
    return [("sku", "stock"), *((100000 + n, 10) for n in range(count)), *LAST]


def read(count, **options):
    book = Workbook()
    for row in rows(count):
        book.active.append(row)
    book.save("stock.xlsx")
    return pl.read_excel("stock.xlsx", **options)


seen = {}
for count in (50, 150):
    table = read(count)
    seen[count] = table.height, table["sku"].to_list()[-2:]
    shown = ", ".join(map(str, seen[count][1]))
    print(f"{f'{count} rows before them':<23} {table.height} rows read, SKUs at the end: {shown}")
assert seen[50] == (52, ["A-17", "B-18"])
assert seen[150] == (151, [100149, None]), "changed"

Path("stock.csv").write_text("\n".join(f"{sku},{stock}" for sku, stock in rows(150)))
try:
    pl.read_csv("stock.csv")
except pl.exceptions.ComputeError as error:
    print(f"{'150 rows as CSV':<23} {type(error).__name__}")
else:
    raise SystemExit("changed: as CSV it is read")

assert read(150, infer_schema_length=None)["sku"].to_list()[-2:] == ["A-17", "B-18"]
assert read(150, drop_empty_rows=False).rows()[-2:] == [(None, None), (None, 9)]
PYTHON
venv/bin/python see.py
