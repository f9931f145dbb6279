#!/usr/bin/env bash
# @extractus/feed-extractor 8.0.3 (npm): two articles whose numbers differ by their zeros have the same id.
#
# Expected: an entry's `id` is the `guid` of an RSS feed, its `title` the title: texts, as RSS has them.
# Happens:  each text of the feed that looks like a number is made one before it is a text again: zeros before it and
#           behind its point are gone, 1e3 is 1000, and 0x1F is 31. Articles 000123 and 123 have one id, and who keeps
#           them by it keeps the second only; "501" and "0501" are one title. What `getExtraEntryFields` gets, as
#           `g:gtin` of a feed for Google, has lost its zeros before it comes. No error is raised. It is well if
#           `xmlParserOptions: { parseTagValue: false }` is given; its documentation says nothing of numbers.
# Seen on 2026-11-30, ids and titles, and of the last one its `g:gtin`:
#   000123     "Dress"      123        Dress
#   123        "Shoe"       123        Shoe
#   12.50      "0501"       12.5       501
#   1e3        "1.10"       1000       1.1
#   A-17       "Bag"        A-17       Bag
#   its GTIN 0036000291452 is 36000291452
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" @extractus/feed-extractor@8.0.3 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import { extractFromXml } from "@extractus/feed-extractor";

const GTIN = "0036000291452";
const GIVEN = [
  ["000123", "Dress", "123", "Dress"],
  ["123", "Shoe", "123", "Shoe"],
  ["12.50", "0501", "12.5", "501"],
  ["1e3", "1.10", "1000", "1.1"],
  ["A-17", "Bag", "A-17", "Bag"],
];

const item = ([guid, title]) =>
  `<item><guid isPermaLink="false">${guid}</guid><title>${title}</title><link>https://shop.example/</link>` +
  `<description>New</description><g:gtin>${GTIN}</g:gtin></item>`;
const feed =
  `<?xml version="1.0"?><rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>` +
  `<link>https://shop.example/</link><description>All</description>${GIVEN.map(item).join("")}</channel></rss>`;
const getExtraEntryFields = (entry) => ({ gtin: entry["g:gtin"] });
const read = (options) => extractFromXml(feed, { getExtraEntryFields, ...options });

const { entries } = read();
for (const [row, [guid, title, ...expected]] of GIVEN.entries()) {
  const seen = [entries[row].id, entries[row].title];
  console.log(guid.padEnd(10), `"${title}"`.padEnd(12), seen[0].padEnd(10), seen[1]);
  assert.deepEqual(seen, expected, "changed");
}
console.log(`its GTIN ${GTIN} is ${entries.at(-1).gtin}`);
assert.equal(entries.at(-1).gtin, 36000291452, "changed");
assert.equal(read({ xmlParserOptions: { parseTagValue: false } }).entries[0].id, "000123", "changed");
NODE
node see.mjs
