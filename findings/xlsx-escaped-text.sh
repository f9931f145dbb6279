#!/usr/bin/env bash
# openpyxl 3.1.5 reads two different texts of an .xlsx as one, and returns neither as it was.
#
# In SpreadsheetML a text is an ST_Xstring (ECMA-376, part 1, 22.9.2.19): `_x000D_` stands for a carriage return, as Excel
# stores one, and `_x005F_x000D_` for the seven characters "_x000D_" themselves.
# Expected: "Wool\rcoat" and "Wool_x000D_coat" come back as they were written.
# Happens:  shared texts lose every "x005F_" and nothing else is decoded, so that both come back as "Wool_x000D_coat"; no
#           code after openpyxl can tell them apart. A plain article number "Bx005F_1" comes back as "B1".
#           Its writer does not escape either: "SKU_x0041_" is "SKUA" for those who read by the standard.
# Seen on 2026-11-28 with XlsxWriter 3.3.1 (which writes by the standard), python-calamine 0.9.1 (which reads by it):
#   written  ['Wool\rcoat', 'Wool_x000D_coat', 'Bx005F_1']
#   openpyxl ['Wool_x000D_coat', 'Wool_x000D_coat', 'B1']
#   calamine ['Wool\rcoat', 'Wool_x000D_coat', 'Bx005F_1']
#   openpyxl writes 'SKU_x0041_', calamine reads 'SKUA'
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet openpyxl==3.1.5 XlsxWriter==3.3.1 python-calamine==0.9.1
cd "$folder"
venv/bin/python - <<'PYTHON'
import openpyxl
import xlsxwriter
from python_calamine import CalamineWorkbook

written = ["Wool\rcoat", "Wool_x000D_coat", "Bx005F_1"]
with xlsxwriter.Workbook("stored.xlsx") as book:
    book.add_worksheet().write_row(0, 0, written)


def by_calamine(path):
    return CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()[0]


by_openpyxl = [cell.value for cell in openpyxl.load_workbook("stored.xlsx").active[1]]
print("written ", written)
print("openpyxl", by_openpyxl)
print("calamine", by_calamine("stored.xlsx"))
assert by_calamine("stored.xlsx") == written, "changed: the witness does not read what was written"
assert by_openpyxl == ["Wool_x000D_coat", "Wool_x000D_coat", "B1"], "changed: openpyxl reads these texts otherwise"

own = openpyxl.Workbook()
own.active["A1"] = "SKU_x0041_"
own.save("own.xlsx")
print(f"openpyxl writes 'SKU_x0041_', calamine reads {by_calamine('own.xlsx')[0]!r}")
assert by_calamine("own.xlsx") == ["SKUA"], "changed: openpyxl escapes what it writes"
PYTHON
