#!/usr/bin/env bash
# csv-batch 2.0.6 (npm): where a piece of a file ends there is an article more, or the inch sign of one is gone.
#
# Expected: a file of CSV that is read as a stream is the same whatever pieces it comes in: a line ends with CR LF, a
#           sign that is doubled within quotes stands for one.
# Happens:  Node reads a file in pieces of 64 KiB. Where one ends between CR and LF, an article is made of the LF: its
#           number is "", it has no other field, it is counted, and handed to the batch. Where one ends between the
#           two signs of 24"", none is left: the title is another one. No error is raised. By chance it is one line in
#           65,536 of a file, of one that comes over a network others each time. Lines that end with LF only are well,
#           doubled signs in them are not.
# Seen on 2026-11-30, the articles behind a first one that moves them:
#   a piece ends
#   elsewhere             A-1 Screen 24" | A-2 Dress       3 in all
#   between CR and LF     A-1 Screen 24" | - | A-2 Dress   4 in all
#   between " and "       A-1 Screen 24 | A-2 Dress        3 in all
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" csv-batch@2.0.6 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const { createReadStream, writeFileSync } = require("node:fs");
const csvBatch = require("csv-batch");

const PIECE = 65536;
const HEADER = "sku,title\r\n";
const ARTICLES = 'A-1,"Screen 24"""\r\nA-2,Dress\r\n';
const GIVEN = [
  ["elsewhere", "A-1,", 'A-1 Screen 24" | A-2 Dress', 3],
  ["between CR and LF", 'A-1,"Screen 24"""\r', 'A-1 Screen 24" | - | A-2 Dress', 4],
  ['between " and "', 'A-1,"Screen 24"', "A-1 Screen 24 | A-2 Dress", 3],
];

const shown = ({ sku, title }) => (sku ? `${sku} ${title}` : "-");

(async () => {
  console.log("a piece ends");
  for (const [where, within, ...expected] of GIVEN) {
    const first = "A-0,".padEnd(PIECE - `${HEADER}\r\n${within}`.length, "x");
    writeFileSync("articles.csv", `${HEADER}${first}\r\n${ARTICLES}`);
    const { data, totalRecords } = await csvBatch(createReadStream("articles.csv"));
    const seen = [data.slice(1).map(shown).join(" | "), totalRecords];
    console.log(where.padEnd(21), seen[0].padEnd(32), `${seen[1]} in all`);
    assert.deepEqual(seen, expected, "changed");
  }
})();
NODE
node see.cjs
