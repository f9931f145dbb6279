#!/usr/bin/env bash
# addresser 1.1.22 (npm): 31-10 Broadway in Queens is 10 Broadway, and so is 33-10 Broadway, with one id for all.
#
# Expected: the number of a house is the one of the address, with its hyphen, as all of Queens and other towns have
#           them, and "parseAddress creates a unique id for all addresses", as its README says.
# Happens:  where the street ends with Street, Avenue and the like the hyphen is known. Broadway, Bowery and other
#           streets without such a word are looked for by another pattern, which begins to read behind the hyphen: the
#           first half of the number is gone from the number, the line, the address that is written anew, and the id.
#           Some thirty corners of Broadway are one address. Of "45 1/2 Broadway" the line is "45 1", and the Avenue of
#           the Americas has its name in the line for the flat. No error is raised, where others raise one.
# Seen on 2026-11-30; addresses as they were given, and as they are written anew:
#   31-10 34th Ave, Astoria, NY 11106                  31-10 34th Ave, Astoria, NY 11106
#   31-10 Broadway, Astoria, NY 11106                  10 Broadway, Astoria, NY 11106
#   33-10 Broadway Apt 2, Astoria, NY 11106            10 Broadway, Apt 2, Astoria, NY 11106
#   22-18 Broadway, Fair Lawn, NJ 07410                18 Broadway, Fair Lawn, NJ 07410
#   45 1/2 Broadway, New York, NY 10004                45 1, New York, NY 10004
#   100 Avenue of the Americas, New York, NY 10013     100 Avenue, of the Americas, New York, NY 10013
#   31-10, 32-10 and 33-10 Broadway have the id 10-Broadway,-Astoria,-NY-11106
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" addresser@1.1.22 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const { parseAddress } = require("addresser");

const GIVEN = [
  ["31-10 34th Ave, Astoria, NY 11106", "31-10 34th Ave, Astoria, NY 11106"],
  ["31-10 Broadway, Astoria, NY 11106", "10 Broadway, Astoria, NY 11106"],
  ["33-10 Broadway Apt 2, Astoria, NY 11106", "10 Broadway, Apt 2, Astoria, NY 11106"],
  ["22-18 Broadway, Fair Lawn, NJ 07410", "18 Broadway, Fair Lawn, NJ 07410"],
  ["45 1/2 Broadway, New York, NY 10004", "45 1, New York, NY 10004"],
  ["100 Avenue of the Americas, New York, NY 10013", "100 Avenue, of the Americas, New York, NY 10013"],
];

for (const [given, expected] of GIVEN) {
  const seen = parseAddress(given).formattedAddress;
  console.log(given.padEnd(50), seen);
  assert.equal(seen, expected, "changed");
}
const ids = ["31-10", "32-10", "33-10"].map((number) => parseAddress(`${number} Broadway, Astoria, NY 11106`).id);
console.log("31-10, 32-10 and 33-10 Broadway have the id", [...new Set(ids)].join(" and "));
assert.deepEqual([...new Set(ids)], ["10-Broadway,-Astoria,-NY-11106"], "changed: id");
NODE
node see.cjs
