#!/usr/bin/env bash
# search-query-parser 1.6.0 (npm): an inch by itself is "undefined:undefined", and what is excluded is sought.
#
# Expected: words that are no keyword are the text of a search, in quotation marks or not; what has a minus before it is
#           excluded, "also with non-keyword text terms", keywords with a hyphen or a range of them too.
# Happens:  a quotation mark by itself, as in 15 " for inches, is a term without a text, and is put into the text as
#           "undefined:undefined", which no article has. A phrase with a colon is taken for a keyword that there is not:
#           it keeps its first quotation mark, and with a minus before it it is sought instead of excluded. So is a
#           range. A range of dates as its own README has it is two dates; as ISO 8601 writes them it is one.
# Seen on 2026-11-30; with brand for a keyword and price and date for ranges, in tokens:
#   brand:dell monitor           text: ["monitor"]                           exclude: {}
#   brand:dell 15 " monitor      text: ["15","undefined:undefined","monitor"] exclude: {}
#   dress -"with stain"          text: ["dress"]                             exclude: {"text":"with stain"}
#   dress -"note: stain"         text: ["dress","-\"note: stain"]            exclude: {}
#   dress -price:50-90           text: ["dress","-price:50-90"]              exclude: {}
#   date:1/10/2026-30/10/2026    date: {"from":"1/10/2026","to":"30/10/2026"}
#   date:2026-10-01-2026-10-30   date: {"from":"2026-10-01-2026-10-30"}
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" search-query-parser@1.6.0 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const { parse } = require("search-query-parser");

const options = () => ({ keywords: ["brand"], ranges: ["price", "date"], tokenize: true, offsets: false });
const said = JSON.stringify;
for (const [query, text, exclude] of [
  ["brand:dell monitor", ["monitor"], {}],
  ['brand:dell 15 " monitor', ["15", "undefined:undefined", "monitor"], {}],
  ['dress -"with stain"', ["dress"], { text: "with stain" }],
  ['dress -"note: stain"', ["dress", '-"note: stain'], {}],
  ["dress -price:50-90", ["dress", "-price:50-90"], {}],
]) {
  const seen = parse(query, options());
  console.log(`${query.padEnd(28)} text: ${said(seen.text).padEnd(37)} exclude: ${said(seen.exclude)}`);
  assert.deepEqual([seen.text, seen.exclude], [text, exclude], `changed: ${query}`);
}
for (const [query, expected] of [
  ["date:1/10/2026-30/10/2026", { from: "1/10/2026", to: "30/10/2026" }],
  ["date:2026-10-01-2026-10-30", { from: "2026-10-01-2026-10-30" }],
]) {
  const seen = parse(query, options()).date;
  console.log(`${query.padEnd(28)} date: ${said(seen)}`);
  assert.deepEqual(seen, expected, `changed: ${query}`);
}
NODE
node see.cjs
