#!/usr/bin/env bash
# pydifact 0.2.3 (Python), edifact 1.2.12 (npm): of an interchange that has no release character all spaces are gone, and segments too.
#
# Expected: UNA names the six characters of an interchange, and a space in the place of the release character says that there is none (ISO 9735):
#           "RED DRESS 38" is then the text that it is.
# Happens:  both take the space for the release character, which stands for nothing and makes the next one a character like others: "REDDRESS38".
#           Without an error the descriptions, names and streets of an order grow together. A text that ends with a space takes the end of its
#           segment with it: with pydifact the next one, with the number of pieces, is part of the description, while edifact gives an error.
#           What pydifact has read it also writes so: who forwards an interchange forwards it without its spaces.
# Seen on 2026-11-30, the segments behind the description of an ORDERS, by the UNA before it:
#   pydifact  UNA:+.? '   "RED DRESS 38", QTY    written "RED DRESS 38"
#   pydifact  UNA:+.  '   "REDDRESS38", QTY      written "REDDRESS38"
#   pydifact  UNA:+.? '   "DRESS ", QTY          written "DRESS "
#   pydifact  UNA:+.  '   "DRESS'QTY"            written "DRESS 'QTY"
#   edifact   UNA:+.? '   "RED DRESS 38", QTY
#   edifact   UNA:+.  '   "REDDRESS38", QTY
#   edifact   UNA:+.? '   "DRESS ", QTY
#   edifact   UNA:+.  '   an error
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pydifact==0.2.3
npm install --silent --no-audit --no-fund --prefix "$folder" edifact@1.2.12 >/dev/null
cd "$folder"
cat > given.json <<'JSON'
[
  ["UNA:+.? '", "RED DRESS 38", "\"RED DRESS 38\", QTY", "RED DRESS 38"],
  ["UNA:+.  '", "RED DRESS 38", "\"REDDRESS38\", QTY", "REDDRESS38"],
  ["UNA:+.? '", "DRESS ", "\"DRESS \", QTY", "DRESS "],
  ["UNA:+.  '", "DRESS ", "\"DRESS'QTY\"", "DRESS 'QTY"]
]
JSON
cat > see.py <<'PYTHON'
import json
import pathlib

from pydifact.segmentcollection import Interchange

for advice, description, expected, written in json.loads(pathlib.Path("given.json").read_text()):
    interchange = Interchange.from_str(
        f"{advice}UNB+UNOC:3+SHOP+SELLER+261130:0815+42'UNH+1+ORDERS:D:96A:UN'"
        f"IMD+F++:::{description}'QTY+21:2'UNT+4+1'UNZ+1+42'"
    )
    (message,) = interchange.get_messages()
    described, *others = message.segments
    seen = ", ".join([f'"{described.elements[2][3]}"', *(segment.tag for segment in others)])
    print(f'pydifact  {advice}   {seen:<22} written "{written}"')
    assert seen == expected, "changed"
    assert f"IMD+F++:::{written}" in interchange.serialize(), "changed: written"
PYTHON
venv/bin/python -W ignore see.py
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { readFileSync } from "node:fs";
import edifact from "edifact";

function read(advice, description) {
  const interchange =
    `${advice}UNB+UNOC:3+SHOP+SELLER+261130:0815+42'UNH+1+ORDERS:D:96A:UN'` +
    `IMD+F++:::${description}'QTY+21:2'UNT+4+1'UNZ+1+42'`;
  try {
    const [described, ...others] = new edifact.Reader().parse(interchange).slice(2, -2);
    return [`"${described.elements[2][3]}"`, ...others.map(({ name }) => name)].join(", ");
  } catch {
    return "an error";
  }
}

for (const [advice, description, expected] of JSON.parse(readFileSync("given.json", "utf8"))) {
  const seen = read(advice, description);
  console.log(`edifact   ${advice}   ${seen}`);
  assert.equal(seen, expected.includes("'") ? "an error" : expected, "changed");
}
NODE
node see.mjs
