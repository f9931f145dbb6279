#!/usr/bin/env bash
# fast-iban 1.2.0 (npm): the bank and the account of a seller's number are told apart once for each country, and never
# again.
#
# Expected: `formatBBAN` "returns rawValue formatted as BBAN": the parts of an account's number, as its country has
#           them, with a separator between. The same number gives the same parts each time.
# Happens:  it turns the list of the parts around and takes them out of it one by one, and the list is that of the
#           country itself: after the first number of a country it is empty, and each further one comes back in one
#           piece. Who splits it takes the bank's code from it for the first seller, and for all others the whole
#           number as the bank's code, until the process is started again. No error is raised, and tests that call it
#           once for each country see nothing.
# Seen on 2026-11-30; of three numbers of Germany and two of France the bank and the part behind it:
#   DE 370400440532013000       bank 37040044                 account 0532013000
#   DE 500105175407324931       bank 500105175407324931       account undefined
#   DE 370400440532013000       bank 370400440532013000       account undefined
#   FR 20041010050500013M02606  bank 20041                    account 01005
#   FR 30006000011234567890189  bank 30006000011234567890189  account undefined
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" fast-iban@1.2.0 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const iban = require("fast-iban");

const GIVEN = [
  ["DE", "370400440532013000", "37040044", "0532013000"],
  ["DE", "500105175407324931", "500105175407324931", undefined],
  ["DE", "370400440532013000", "370400440532013000", undefined],
  ["FR", "20041010050500013M02606", "20041", "01005"],
  ["FR", "30006000011234567890189", "30006000011234567890189", undefined],
];

for (const [country, given, ...expected] of GIVEN) {
  const [bank, account] = iban.formatBBAN(given, country).split("-");
  console.log(`${country} ${given.padEnd(24)} bank ${bank.padEnd(24)} account ${account}`);
  assert.deepEqual([bank, account], expected, "changed");
}
NODE
node see.cjs
