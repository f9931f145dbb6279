#!/usr/bin/env bash
# openpyxl 3.1.5 opens a workbook that Excel saved as "Strict Open XML Spreadsheet (*.xlsx)", and finds no sheet in it.
#
# ISO/IEC 29500 has two classes of the same format: "transitional", which Excel writes by default, and "strict", which it
# offers in the same list under the same ending; their XML differs in namespaces first of all (part 1, annex A, for strict;
# part 4 for transitional).
# Expected: the sheets are read, or the file is refused as one that is not understood.
# Happens:  the names of the elements are compared without their namespaces, `r:id` with the transitional one. Each sheet is then
#           one without an id, which `WorkbookParser.find_sheets` drops with a warning made for old macros' workbooks (and which
#           names the sheet "0" whatever it is called). `load_workbook` returns a workbook without sheets: "the file is empty".
# Seen on 2026-11-29 with XlsxWriter 3.3.1 (transitional; its namespaces are replaced here), python-calamine 0.9.1 as the witness:
#   transitional: openpyxl ['Products'], calamine [['sku', 'price'], ['B-1', 49.9]]
#   strict:       openpyxl [], calamine [['sku', 'price'], ['B-1', 49.9]]
#   warned:       File contains an invalid specification for 0. This will be removed
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet openpyxl==3.1.5 XlsxWriter==3.3.1 python-calamine==0.9.1
cd "$folder"
venv/bin/python - <<'PYTHON'
import warnings
from zipfile import ZipFile

import openpyxl
import xlsxwriter
from python_calamine import CalamineWorkbook

STRICT = {
    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
    b"http://schemas.openxmlformats.org/officeDocument/2006/": b"http://purl.oclc.org/ooxml/officeDocument/",
    b"http://schemas.openxmlformats.org/drawingml/2006/main": b"http://purl.oclc.org/ooxml/drawingml/main",
    b"/officeDocument/extended-properties": b"/officeDocument/extendedProperties",
    b"<workbook ": b'<workbook conformance="strict" ',
}
with xlsxwriter.Workbook("transitional.xlsx") as book:
    sheet = book.add_worksheet("Products")
    sheet.write_row(0, 0, ["sku", "price"])
    sheet.write_row(1, 0, ["B-1", 49.9])
with ZipFile("transitional.xlsx") as given, ZipFile("strict.xlsx", "w") as strict:
    for name in given.namelist():
        content = given.read(name)
        for old, new in STRICT.items():
            content = content.replace(old, new)
        strict.writestr(name, content)


def read(path):
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        names = openpyxl.load_workbook(path).sheetnames
    rows = CalamineWorkbook.from_path(path).get_sheet_by_name("Products").to_python()
    print(f"{path.removesuffix('.xlsx') + ':':<13} openpyxl {names}, calamine {rows}")
    return names, rows, [str(warning.message) for warning in warned]


ROWS = [["sku", "price"], ["B-1", 49.9]]
assert read("transitional.xlsx") == (["Products"], ROWS, []), "changed: the usual class is read otherwise"
names, rows, warned = read("strict.xlsx")
print("warned:      ", *warned)
assert rows == ROWS, "changed: the witness does not read the strict class"
assert names == [], "changed: openpyxl finds the sheets of a strict workbook"
PYTHON
