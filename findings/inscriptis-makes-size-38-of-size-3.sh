#!/usr/bin/env bash
# inscriptis 2.7.6 (Python), html-to-text 10.0.1 (npm): what stands in two lines of a page is one word of its text.
#
# Expected: both turn HTML into the text that a page shows. inscriptis calls its strict profile one "that corresponds to
#           the defaults used by the Firefox Browser", in which a term and its description, a section, a legend, a
#           summary each have a line of their own, and a rule stands between two.
# Happens:  `dl`, `dt`, `dd`, `fieldset`, `legend`, `details` and `summary` are to both what `b` is: nothing is put
#           between their texts; to inscriptis `section` and `hr` too. "Size 3" and "8 left" are "Size 38 left"; each
#           property is one word with its value, and that value with the next property. Nothing is said of it.
#           Paragraphs, headings, lists, `div` and `article` are well.
# Seen on 2026-11-30, the same in both profiles of inscriptis, / for a new line:
#                inscriptis           html-to-text
#   div          Size 3 / 8 left      Size 3 / 8 left
#   dl           Size 38 left         Size 38 left
#   fieldset     Size 38 left         Size 38 left
#   details      Size 38 left         Size 38 left
#   section      Size 38 left         Size 3 / 8 left
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet inscriptis==2.7.6
npm install --silent --no-audit --no-fund --prefix "$folder" html-to-text@10.0.1 >/dev/null
cd "$folder"
cat > given.json <<'JSON'
{
  "div": "<div>Size 3</div><div>8 left</div>",
  "dl": "<dl><dt>Size 3</dt><dd>8 left</dd></dl>",
  "fieldset": "<fieldset><legend>Size 3</legend>8 left</fieldset>",
  "details": "<details open><summary>Size 3</summary>8 left</details>",
  "section": "<section>Size 3</section><section>8 left</section>"
}
JSON
cat > see.py <<'PYTHON'
import json
from pathlib import Path

from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig


def shown(html, profile):
    return " / ".join(line.strip() for line in get_text(html, ParserConfig(css=profile)).strip().split("\n"))


given = json.loads(Path("given.json").read_text())
both = [{name: shown(html, CSS_PROFILES[kind]) for name, html in given.items()} for kind in ("strict", "relaxed")]
assert both[0] == both[1], "changed"
Path("inscriptis.json").write_text(json.dumps(both[0]))
PYTHON
venv/bin/python see.py
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const { convert } = require("html-to-text");
const given = require("./given.json");
const inscriptis = require("./inscriptis.json");

const APART = "Size 3 / 8 left";
const ONE = "Size 38 left";
const EXPECTED = {
  div: [APART, APART],
  dl: [ONE, ONE],
  fieldset: [ONE, ONE],
  details: [ONE, ONE],
  section: [ONE, APART],
};

console.log("             inscriptis           html-to-text");
for (const [name, html] of Object.entries(given)) {
  const seen = [inscriptis[name], convert(html).split("\n").join(" / ")];
  console.log(name.padEnd(12), seen[0].padEnd(20), seen[1]);
  assert.deepEqual(seen, EXPECTED[name], "changed");
}
NODE
node see.cjs
