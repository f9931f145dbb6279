#!/usr/bin/env bash
# pure-svg-code 1.0.6, barcode-2-svg 0.4.0 (npm): the number of a carton is drawn with two digits more, and a GTIN of 14
# digits as the number of another article.
#
# Expected: `barcode("10614141000415", "int25")` draws these digits, which are a carton's number (ITF-14) with its check
#           digit already; type and text are all that there is, their READMEs name no check digit. What is no EAN-13 is
#           refused with false, as twelve letters are.
# Happens:  each Interleaved 2 of 5 gets one more check digit, and since the number of digits must be even a zero before
#           it: a scanner reads sixteen digits, and a warehouse knows no such carton. Of a number that is too long for
#           an EAN-13 the first twelve digits are taken, and a check digit for them: a GTIN of 14 digits, as feeds
#           have it, is read as a valid number that belongs to another article. The text below is not drawn by default.
# Seen on 2026-11-30 with zxing-cpp 3.1.1 and Pillow 13.0.0, as ZXing reads what was drawn by pure-svg-code, and by
# barcode-2-svg the same:
#   int25  10614141000415    0106141410004158
#   int25  123456            01234565
#   ean13  4006381333931     4006381333931
#   ean13  04006381333931    0400638133390
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet zxing-cpp==3.1.1 pillow==13.0.0
npm install --silent --no-audit --no-fund --prefix "$folder" pure-svg-code@1.0.6 barcode-2-svg@0.4.0 >/dev/null
cd "$folder"
cat > draw.cjs <<'NODE'
const { barcode } = require("pure-svg-code");
const barcode2svg = require("barcode-2-svg");

const [type, text] = process.argv.slice(2);
console.log(JSON.stringify([barcode, barcode2svg].map((draw) => draw(text, type, { width: 400, barHeight: 50 }))));
NODE
cat > see.py <<'PYTHON'
import json
import re
import subprocess

import zxingcpp
from PIL import Image, ImageDraw

GIVEN = [
    ("int25", "10614141000415", "0106141410004158"),
    ("int25", "123456", "01234565"),
    ("ean13", "4006381333931", "4006381333931"),
    ("ean13", "04006381333931", "0400638133390"),
]


def read(svg):
    """What a scanner reads of the bars of a picture."""
    picture = Image.new("L", (4800, 500), 255)
    pen = ImageDraw.Draw(picture)
    for width, left in re.findall(r'<rect width="([\d.]+)" height="\d+" x="([\d.]+)"', svg):
        start = 400 + float(left) * 10
        pen.rectangle((start, 0, start + float(width) * 10 - 1, 500), fill=0)
    (found,) = zxingcpp.read_barcodes(picture)
    return found.text


for kind, text, expected in GIVEN:
    drawn = json.loads(subprocess.check_output(["node", "draw.cjs", kind, text]))
    first, second = (read(svg) for svg in drawn)
    print(kind, "", text.ljust(17), first)
    assert first == second == expected, "changed"
PYTHON
venv/bin/python see.py
