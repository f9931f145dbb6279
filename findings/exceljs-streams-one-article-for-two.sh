#!/usr/bin/env bash
# exceljs 4.4.0 (npm): read in a stream, a Japanese name is its pronunciation, by which a bridge and chopsticks are one article.
#
# Expected: a cell's text is what Excel shows: beside what was typed in Japanese Excel keeps how it is pronounced (`rPh`), which is no part of it,
#           as exceljs knows since its release 0.2.17; and a text in several fonts is the whole text. `Workbook` reads both so.
# Happens:  `WorkbookReader`, which its documentation has for large files, takes the last `t` of a text for the text. Of a shared one with its
#           pronunciation that is the pronunciation, in which different words are equal; of a text in several fonts that stands in the
#           cell itself, as many writers have it, it is the piece in the last font.
# Seen on 2026-11-30, of "橋" and "箸", both pronounced "ハシ", and of "Dress " and a bold "red" in one cell:
#   Workbook          橋, 箸, Dress red
#   WorkbookReader    ハシ, ハシ, red
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" exceljs@4.4.0 >/dev/null
cd "$folder"
cat > write.py <<'PYTHON'
import zipfile

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{TYPE}.worksheet+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{TYPE}.sharedStrings+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">'
    '<sheets><sheet name="articles" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
    "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}" count="2" uniqueCount="2">'
    '<si><t>橋</t><rPh sb="0" eb="1"><t>ハシ</t></rPh></si>'
    '<si><t>箸</t><rPh sb="0" eb="1"><t>ハシ</t></rPh></si></sst>',
    "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>'
    '<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="2"><c r="A2" t="s"><v>1</v></c></row>'
    '<row r="3"><c r="A3" t="inlineStr"><is><r><t xml:space="preserve">Dress </t></r>'
    "<r><rPr><b/></rPr><t>red</t></r></is></c></row></sheetData></worksheet>",
}

with zipfile.ZipFile("articles.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
    for name, part in PARTS.items():
        book.writestr(name, '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>' + part)
PYTHON
python3 write.py
cat > see.mjs <<'NODE'
import assert from "node:assert";
import ExcelJS from "exceljs";

const textOf = (value) => (value.richText ? value.richText.map(({ text }) => text).join("") : value);
const book = new ExcelJS.Workbook();
await book.xlsx.readFile("articles.xlsx");
const whole = [1, 2, 3].map((row) => textOf(book.worksheets[0].getCell(`A${row}`).value));
const streamed = [];
for await (const sheet of new ExcelJS.stream.xlsx.WorkbookReader("articles.xlsx")) {
  for await (const row of sheet) streamed.push(textOf(row.getCell(1).value));
}
console.log("Workbook         ", whole.join(", "));
console.log("WorkbookReader   ", streamed.join(", "));
assert.deepEqual(whole, ["橋", "箸", "Dress red"], "changed: Workbook");
assert.deepEqual(streamed, ["ハシ", "ハシ", "red"], "changed");
NODE
node see.mjs
