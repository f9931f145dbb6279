#!/usr/bin/env bash
# @dintero/money 1.1.12 (npm): in Norway, Sweden, Finland and Estonia the refund that it writes itself is read as a
# payment.
#
# Expected: "print and parse from locale", as its README says: `fromLocaleString` reads what `toLocaleString` has
#           written in the same locale, an amount below zero too; what it cannot read raises an error.
# Happens:  these countries, and some others, write the minus as the sign U+2212, which JavaScript's own formatter does
#           as well. When it is read, only digits, the hyphen and the decimal sign are kept: the minus is gone. What was
#           given back is what was paid, in the currency of the country that the library comes from. No error is raised;
#           in Danish, German or French, where the hyphen stands for the minus, all is well, as in its README.
# Seen on 2026-11-30 with Node 20.20.2; -1234.50 written and read again:
#   en-GB   -1,234.50   -1234.50
#   da-DK   -1.234,50   -1234.50
#   nb-NO   −1 234,50   1234.50
#   sv-SE   −1 234,50   1234.50
#   fi-FI   −1 234,50   1234.50
#   et-EE   −1234,50    1234.50
#   hr-HR   −1.234,50   1234.50
#   a payment of 1234.50 and its refund, read again, come to 2469.00
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" @dintero/money@1.1.12 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const { Money } = require("@dintero/money");

const EXPECTED = [
  ["en-GB", "-1234.50"],
  ["da-DK", "-1234.50"],
  ["nb-NO", "1234.50"],
  ["sv-SE", "1234.50"],
  ["fi-FI", "1234.50"],
  ["et-EE", "1234.50"],
  ["hr-HR", "1234.50"],
];
const REFUND = Money.of("-1234.50", "NOK");

const readAgain = (money, locale) => Money.fromLocaleString(money.toLocaleString(locale), money.currency(), locale);

for (const [locale, expected] of EXPECTED) {
  const seen = readAgain(REFUND, locale).toString();
  console.log(locale.padEnd(7), REFUND.toLocaleString(locale).padEnd(11), seen);
  assert.equal(seen, expected, "changed");
}
const payment = Money.of("1234.50", "NOK");
assert.equal(readAgain(payment, "nb-NO").toString(), "1234.50", "changed: payment");
const both = Money.sum([payment, readAgain(REFUND, "nb-NO")]).toString();
console.log("a payment of 1234.50 and its refund, read again, come to", both);
assert.equal(both, "2469.00", "changed: sum");
NODE
node see.cjs
