#!/usr/bin/env bash
# edi 1.1.0 (npm): of a segment with an empty element the following ones are each in the place before their own.
#
# Expected: `element(n)` returns the "n'th element (zero-index)" of a segment, and `component(n)` of an element. What is
#           not given in EDIFACT is left empty between its separators, so that the rest keeps its place: a party
#           (NAD) has its name in element 4, its street in 5, its city in 6, its postcode in 8, its country in 9.
# Happens:  an empty one is no match for the pattern by which it splits, and is not counted: the places depend on what
#           else a partner has written. A buyer's street is the name, the city is the street, the postcode the city;
#           the article's number is in element 3 of one line of an order and in 2 of another. No error is raised,
#           and what is behind the end is "". Where nothing before it is empty, an element is the right one.
# Seen on 2026-11-30; what stands in 4 to 9 of a party, and what is in 3 of a line:
#   name, street, city, postcode, country    Ring 5 | Koeln | 50667 | DE | "" | ""
#   the same with a note and a region        Anna | Ring 5 | Koeln | NW | 50667 | DE
#   LIN+1++4006381333931:EN                  ""
#   LIN+2+1+4006381333948:EN                 4006381333948
#   NAD+BY+5412345000013::9 its agency, 2    ""
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" edi@1.1.0 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const EDI = require("edi");

const element = (segment, place) => String(new EDI(segment).element(place));
const shown = (text) => text || '""';
const PARTY = [4, 5, 6, 7, 8, 9];
const party = (segment) => PARTY.map((place) => shown(element(segment, place))).join(" | ");
const SHORT = "NAD+DP+4711::9++Anna+Ring 5+Koeln++50667+DE";
const LONG = "NAD+DP+4711::9+door+Anna+Ring 5+Koeln+NW+50667+DE";
const GIVEN = [
  ["name, street, city, postcode, country", party(SHORT), 'Ring 5 | Koeln | 50667 | DE | "" | ""'],
  ["the same with a note and a region", party(LONG), "Anna | Ring 5 | Koeln | NW | 50667 | DE"],
  ["LIN+1++4006381333931:EN", shown(String(new EDI("LIN+1++4006381333931:EN").element(3).component(0))), '""'],
  ["LIN+2+1+4006381333948:EN", String(new EDI("LIN+2+1+4006381333948:EN").element(3).component(0)), "4006381333948"],
  ["NAD+BY+5412345000013::9 its agency, 2", shown(String(new EDI("5412345000013::9").component(2))), '""'],
];

for (const [what, seen, expected] of GIVEN) {
  console.log(what.padEnd(40), seen);
  assert.equal(seen, expected, "changed");
}
NODE
node see.cjs
