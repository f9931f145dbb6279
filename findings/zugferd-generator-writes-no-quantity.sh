#!/usr/bin/env bash
# zugferd-generator 1.2.1 (npm): an invoice of ZUGFeRD that it writes says of no line how many pieces were sold.
#
# Expected: what is required of an invoice, as its README and its types name it, stands in the XML that it makes of it
#           for a buyer's system: the quantity of each line, the price of a piece, the country of the customer and the
#           date of the invoice. EN 16931 has all of them as mandatory too (BT-129, BT-146, BT-55, BT-2), the price
#           with as many decimals as it takes, and the date, which is announced as format 102, as YYYYMMDD.
# Happens:  `lineItems[].quantity` is asked for, an invoice without it is refused, and it is written nowhere. A price
#           has two decimals: 400 times 0.125 are 50.00, and what stands there is 0.13 beside a total of 50.00. Of a
#           customer without a street nothing but the name is left: nobody sees that the goods went to Austria. The
#           date is written as its README gives it, "2026-11-30", under the format that has no hyphens. No error is
#           raised, and the XML is put into the PDF.
# Seen on 2026-11-30 with pdf-lib 1.17.1; what was given of an invoice, and what stands in its XML:
#   quantities   400, 2        none
#   prices       0.125, 25     0.13, 25.00
#   totals       50, 50        50.00, 50.00
#   countries    DE, AT        DE
#   date, 102    2026-11-30    2026-11-30
#   without a quantity: Missing required field(s): lineItems[0].quantity
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" zugferd-generator@1.2.1 pdf-lib@1.17.1 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const ZUGFeRDGenerator = require("zugferd-generator");

const LINES = [
  { id: "1", description: "Button", quantity: 400, unitPrice: 0.125, lineTotal: 50 },
  { id: "2", description: "Dress", quantity: 2, unitPrice: 25, lineTotal: 50 },
];
const GIVEN = {
  id: "2026-17",
  issueDate: "2026-11-30",
  currency: "EUR",
  totalAmount: 119,
  supplier: { name: "Shop", street: "Ring 1", postalCode: "10115", city: "Berlin", country: "DE", taxNumber: "DE1" },
  customer: { name: "Customer", country: "AT" },
  taxTotal: { taxAmount: 19, taxPercentage: 19 },
  lineItems: LINES,
};

const xml = new ZUGFeRDGenerator(GIVEN).toXMLString();
const texts = (pattern) => Array.from(xml.matchAll(pattern), (found) => found[1]).join(", ") || "none";
const [line] = LINES;
const SEEN = [
  ["quantities", LINES.map(({ quantity }) => quantity), texts(/<ram:\w*Quantity[^>]*>([^<]*)</g), "none"],
  ["prices", LINES.map(({ unitPrice }) => unitPrice), texts(/<ram:ChargeAmount[^>]*>([^<]*)</g), "0.13, 25.00"],
  ["totals", LINES.map(({ lineTotal }) => lineTotal), texts(/<ram:LineTotalAmount[^>]*>([^<]*)</g), "50.00, 50.00"],
  ["countries", [GIVEN.supplier.country, GIVEN.customer.country], texts(/<ram:CountryID>([^<]*)</g), "DE"],
  ["date, 102", [GIVEN.issueDate], texts(/<udt:DateTimeString format="102">([^<]*)</g), "2026-11-30"],
];
for (const [told, given, seen, expected] of SEEN) {
  console.log(told.padEnd(12), given.join(", ").padEnd(13), seen);
  assert.equal(seen, expected, "changed");
}
assert.ok(!/>400(\.0+)?</.test(xml), "changed: 400 is somewhere");
const { quantity, ...without } = line;
assert.throws(
  () => new ZUGFeRDGenerator({ ...GIVEN, lineItems: [without] }),
  ({ message }) => console.log("without a quantity:", message) ?? message.includes("lineItems[0].quantity"),
  "changed: refusal",
);
NODE
node see.cjs
