#!/usr/bin/env bash
# xml-to-json-stream 1.1.0 (npm): what stands between two comments is taken for a comment.
#
# Expected: "Comments are removed", and "if an element occurs multiple times in the same depth then that element will be
#           represented as an array", others will not.
# Happens:  line breaks between elements are taken out first, and then all from the first "<!--" to the last "-->": a
#           feed with a comment above each article loses all but the last one, and one with a comment above and one
#           below has none, without an error. And behind an element that occurs twice each later one that has elements
#           of its own is taken for a second one: the delivery is a list of two, of which the first is empty.
# Seen on 2026-11-30; three articles, with and without comments, and one with two photos:
#   no comment                        A-17, B-2, C-9
#   a comment above the first         A-17, B-2, C-9
#   a comment above each              C-9
#   a comment above and one below     none
#   one photo                         delivery: {"price":"4.90"}
#   two photos                        delivery: [{},{"price":"4.90"}]
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" xml-to-json-stream@1.1.0 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const parser = require("xml-to-json-stream")();

const read = (xml) => {
  let read;
  parser.xmlToJson(xml, (error, json) => {
    assert.ifError(error);
    read = json;
  });
  return read;
};
const above = { A: "<!-- dresses -->\n", B: "<!-- shoes -->\n", C: "<!-- bags -->\n" };
const feed = (comments, below = "") => {
  const articles = ["A-17", "B-2", "C-9"].map((sku) => {
    return `${comments.includes(sku[0]) ? above[sku[0]] : ""}<item>\n  <sku>${sku}</sku>\n</item>`;
  });
  return `<items>\n${articles.join("\n")}\n${below}</items>`;
};
const skus = (json) => [json.items.item ?? []].flat().map((item) => item.sku).join(", ") || "none";

for (const [name, xml, expected] of [
  ["no comment", feed(""), "A-17, B-2, C-9"],
  ["a comment above the first", feed("A"), "A-17, B-2, C-9"],
  ["a comment above each", feed("ABC"), "C-9"],
  ["a comment above and one below", feed("A", "<!-- end -->\n"), "none"],
]) {
  const seen = skus(read(xml));
  console.log(`${name.padEnd(33)} ${seen}`);
  assert.equal(seen, expected, `changed: ${name}`);
}
for (const [name, photos, expected] of [
  ["one photo", ["1"], '{"price":"4.90"}'],
  ["two photos", ["1", "2"], '[{},{"price":"4.90"}]'],
]) {
  const urls = photos.map((photo) => `<photo>${photo}.jpg</photo>`).join("\n");
  const seen = JSON.stringify(read(`<item>\n${urls}\n<delivery><price>4.90</price></delivery>\n</item>`).item.delivery);
  console.log(`${name.padEnd(33)} delivery: ${seen}`);
  assert.equal(seen, expected, `changed: ${name}`);
}
NODE
node see.cjs
