#!/usr/bin/env bash
# gtin 1.0.2 (npm): the short barcode of a manufacturer's first products is that of other articles.
#
# Expected: `upcE.compress` returns the UPC-E that stands for a UPC-A, and null where there is none; what it returns, its own `upcE.expand`
#           turns back. Where all five digits of the manufacturer count, UPC-E has room for the products 00005 to 00009 only.
# Happens:  of those it takes the products 00000 to 00004 as well. Their last digit says of a UPC-E how zeros are filled in, so that it
#           stands for another manufacturer's article. The check digit is handed on unchanged: neither `compress` nor `expand` looks
#           at it, and `isValid` says after the round that the code is wrong. A reader that computes it, as most do, refuses the label or
#           the row; one that does not sells, counts or reorders the other article.
# Seen on 2026-11-30; biip 5.2.0 (Python) says what each UPC-E stands for, without its check digit:
#   012345000003  01234503  expand: 012000003453, biip: 01200000345
#   012345000010  01234510  expand: 012100003450, biip: 01210000345
#   012345000027  01234527  expand: 012200003457, biip: 01220000345
#   012345000034  01234534  expand: 012300000454, biip: 01230000045
#   012345000041  01234541  expand: 012340000051, biip: 01234000005
#   012345000058  01234558  expand: 012345000058, biip: 01234500005
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" gtin@1.0.2 >/dev/null
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet biip==5.2.0
cd "$folder"
cat > compress.mjs <<'NODE'
import assert from "node:assert";
import gtin from "gtin";

const MANUFACTURER = "012345";
for (const product of ["00000", "00001", "00002", "00003", "00004", "00005"]) {
  const upcA = [..."0123456789"].map((check) => MANUFACTURER + product + check).find((code) => gtin.isValid(code));
  const upcE = gtin.upcE.compress(upcA);
  const back = gtin.upcE.expand(upcE);
  assert.equal(gtin.isValid(back), back === upcA, "changed: the check digit");
  console.log(upcA, upcE, back);
}
NODE
cat > see.py <<'PYTHON'
import sys

from biip.upc import Upc

right = []
for line in sys.stdin:
    upc_a, upc_e, back = line.split()
    stands_for = Upc.parse(upc_e[:-1]).as_upc_a()[:-1]
    print(f"{upc_a}  {upc_e}  expand: {back}, biip: {stands_for}")
    assert back[:-1] == stands_for, "changed: what a UPC-E stands for"
    right.append(back == upc_a)
assert right == [False] * 5 + [True], "changed"
PYTHON
node compress.mjs | venv/bin/python see.py
