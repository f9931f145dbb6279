#!/usr/bin/env bash
# python-barcode 0.16.1 draws a book's ISBN-10 with ten digits, and a magazine's ISSN with eight, which no scanner reads.
#
# A book's barcode is an EAN-13: 978, the first nine digits of the ISBN-10, a check digit (ISBN Users' Manual, "ISBN in barcode form"); a
# magazine's is 977, seven digits, 00, a check digit. The library's documentation says the same of its classes.
# Expected: ISBN-10 3-16-148410-X is drawn as 9783161484100, 95 modules wide, as `isbn13` draws it.
# Happens:  `digits` of a class is how many digits it takes of what it is given, 9 and 7, and of the EAN as well, which is twelve: the
#           rest is cut off, and what is left gets a check digit. A picture comes out, of 74 modules or 60, with bars and a number below,
#           and labels of a whole stock are printed before the first is scanned. `ean14` draws fourteen digits as if it were an EAN-13,
#           102 modules; fourteen digits stand on cartons as ITF-14 or GS1-128 (GS1 General Specifications, chapter 5).
# Seen on 2026-11-29, read back by zxing-cpp 3.1.1:
#   isbn13  978-3-16-148410-0  95 modules, 9783161484100         read 9783161484100
#   isbn10  3-16-148410-X      74 modules, 9783161489            read nothing
#   issn    0317-8471          60 modules, 97703174              read nothing
#   ean14   14006381333938     102 modules, 14006381333938       read nothing
# Its issue 103, of 2021, has the unreadable EAN-14; it is open.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet 'python-barcode[images]==0.16.1' zxing-cpp==3.1.1 pillow==13.0.0
"$folder/venv/bin/python" - <<'PYTHON'
import barcode
import zxingcpp
from barcode.writer import ImageWriter


def draw(kind, number):
    drawn = barcode.get(kind, number, writer=ImageWriter())
    picture = drawn.render({"module_width": 0.4, "module_height": 20, "dpi": 300})
    modules, code = len(drawn.build()[0]), drawn.get_fullcode()
    read = [found.text for found in zxingcpp.read_barcodes(picture)]
    print(f"{kind:<7} {number:<18} {modules} modules, {code:<{23 - len(str(modules))}} read {' '.join(read) or 'nothing'}")
    return modules, code, read


assert draw("isbn13", "978-3-16-148410-0") == (95, "9783161484100", ["9783161484100"]), "changed: the witness"
assert draw("isbn10", "3-16-148410-X") == (74, "9783161489", []), "changed: an ISBN-10 is an EAN-13"
assert draw("issn", "0317-8471") == (60, "97703174", []), "changed: an ISSN is an EAN-13"
assert draw("ean14", "14006381333938") == (102, "14006381333938", []), "changed: an EAN-14 is read"
PYTHON
