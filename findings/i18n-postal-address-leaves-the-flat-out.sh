#!/usr/bin/env bash
# i18n-postal-address 1.0.0 (npm): a label to Korea has no flat, one to China no postcode, and of a Spanish name's two
# family names the second takes the place of the first.
#
# Expected: an address whose parts were set comes out with these parts, in the order of the country: its formats are
#           "sourced from Google's Address Data Service", as its README says, where China's and Russia's have the
#           postcode and Korea's has all lines of the street. Each part has a method of its own, and they can be
#           "chained one after the other".
# Happens:  the formats of China and Russia have no postcode, and those of both Koreas no second line: what was set is
#           left out, without a word. And `setFamilyName` and `setSecondFamilyName` write both, each over what the
#           other wrote: who has two of them, as in Mexico, Spain and Brazil, is called by the last one that was set,
#           and the first is nowhere. A switch turns that off, which its README does not name.
# Seen on 2026-11-30; one address with a flat, a city, a postcode and two family names, as it comes out for a country:
#   US       all
#   FR       all
#   KR       without Flat 7
#   CN       without 100600
#   RU       without 100600
#   MX       Ana López
#   ES       Ana, López
#   BR       Ana López
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" i18n-postal-address@1.0.0 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import PostalAddress, { addressFormats } from "i18n-postal-address";

const PARTS = { setAddress1: "Main Street 5", setAddress2: "Flat 7", setCity: "Springfield", setPostalCode: "100600" };
const LEFT_OUT = { US: [], FR: [], KR: ["Flat 7"], CN: ["100600"], RU: ["100600"] };
const NAMES = { MX: "Ana López", ES: "Ana, López", BR: "Ana López" };

function address(country) {
  const made = new PostalAddress({ formats: addressFormats, defaultFormat: country });
  made.setGivenName("Ana").setFamilyName("García").setSecondFamilyName("López");
  for (const [method, part] of Object.entries(PARTS)) {
    made[method](part);
  }
  return made.setFormat({ country, type: "personal" });
}

for (const [country, expected] of Object.entries(LEFT_OUT)) {
  const label = address(country).toString().toLowerCase();
  const seen = Object.values(PARTS).filter((part) => !label.includes(part.toLowerCase()));
  console.log(country.padEnd(8), seen.length ? `without ${seen.join(", ")}` : "all");
  assert.deepEqual(seen, expected, "changed");
}
for (const [country, expected] of Object.entries(NAMES)) {
  const lines = address(country).toArray();
  const street = lines.findIndex((line) => line.includes("Main Street 5"));
  const seen = lines.slice(0, street).map((line) => line.join(" ")).join(", ");
  console.log(country.padEnd(8), seen);
  assert.equal(seen, expected, "changed");
}
NODE
node see.mjs
