#!/usr/bin/env bash
# ebay-api 10.0.1 (npm) reads a tracking number of 22 digits as 9.4e+21, and the article number "12E5" as 1200000.
#
# Answers of eBay's Trading API are XML; its schema (ns:eBLBaseComponents) has `ShipmentTrackingNumber` and `SKU` as xs:string.
# Expected: texts, or at least what can be written back: the parser is told to keep leading zeros, so numbers of articles were thought of.
# Happens:  `defaultXML2JSONParseOptions` has `parseTagValue` on for every element, with `leadingZeros` and `hex` off, but not `eNotation`:
#           what looks like a number becomes a double. The last six digits of a parcel's number are gone, two parcels have one number; a
#           SKU of digits, E and digits is another article's, one with a decimal sign loses its last zero ("38.50" is size 38, colour 50),
#           and a telephone number its "+". What has a zero in front is kept, so tests with "0042" pass.
# Seen on 2026-11-29 with fast-xml-parser 5.12.1, eBay answered by an object of the script's own; in XML, and in the answer:
#   9400111899223344556677  9.400111899223345e+21
#   9400111899223344556678  9.400111899223345e+21
#   12E5                    1200000
#   38.50                   38.5
#   +4915112345678          4915112345678
#   0042                    "0042"
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" ebay-api@10.0.1 fast-xml-parser@5.12.1 >/dev/null
cd "$folder"
cat > see.mjs <<'NODE'
import assert from "node:assert";
import eBayApi from "ebay-api";

const TEXTS = ["9400111899223344556677", "9400111899223344556678", "12E5", "38.50", "+4915112345678", "0042"];

class Answers {
  instance = {};
  async post() {
    const orders = TEXTS.map((text) => `<Order><SKU>${text}</SKU></Order>`).join("");
    return { data: `<?xml version="1.0"?><GetOrdersResponse xmlns="urn:ebay:apis:eBLBaseComponents">`
      + `<Ack>Success</Ack><OrderArray>${orders}</OrderArray></GetOrdersResponse>` };
  }
}

const api = new eBayApi({ appId: "app", certId: "cert", sandbox: true, authToken: "token" }, new Answers());
const answer = await api.trading.GetOrders({ OrderIDArray: [] });
const read = answer.OrderArray.Order.map((order) => order.SKU);
TEXTS.forEach((text, index) => console.log(text.padEnd(23), JSON.stringify(read[index])));
assert.equal(read[0], read[1], "changed: two parcels have two numbers");
assert.deepEqual(read, [9.400111899223345e21, 9.400111899223345e21, 1200000, 38.5, 4915112345678, "0042"], "changed");
NODE
node see.mjs
