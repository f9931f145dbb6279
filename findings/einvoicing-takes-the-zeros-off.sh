#!/usr/bin/env bash
# einvoicing 0.0.3 (npm): an invoice that is read and written again has another payment reference, another postcode and
# another total.
#
# Expected: "designed to create and parse electronic invoices in compliance with" EN 16931: an invoice of UBL that it
#           reads is, written again, the same invoice. A payment reference (BT-83), a buyer's reference (BT-10) and a
#           postcode (BT-38) are texts there, and the total with VAT is the one without and the VAT (BR-CO-15); the
#           rounding (BT-114) comes after it.
# Happens:  what looks like a number is one, but in the few fields that were thought of: of 0000123, by which a payment
#           is found, the zeros are gone, 12E5 is 1200000, and the postcode of Dresden has four digits. The rounding is
#           counted into the total with VAT, and is not written itself: the total is not the sum any more, and who
#           checks it, as each receiver of Peppol does, refuses the invoice. No error is raised.
# Seen on 2026-11-30 with fast-xml-parser 4.5.7; an invoice of 100.80 euros and 19.15 VAT, rounded by 0.05 to 120:
#                          given      written
#   PaymentID              0000123    123
#   BuyerReference         12E5       1200000
#   PostalZone             01067      1067
#   TaxExclusiveAmount     100.80     100.8
#   TaxInclusiveAmount     119.95     120
#   PayableRoundingAmount  0.05       nothing
#   PayableAmount          120.00     120
# Needs Node 20 or newer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" einvoicing@0.0.3 fast-xml-parser@4.5.7 >/dev/null
cd "$folder"
cat > see.cjs <<'NODE'
const assert = require("node:assert");
const { UblReader, UblWriter } = require("einvoicing");

const NAMES = "urn:oasis:names:specification:ubl:schema:xsd:";
const EURO = 'currencyID="EUR"';
const RATE = "<cbc:ID>S</cbc:ID><cbc:Percent>19</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>";
const GIVEN = `<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="${NAMES}Invoice-2"
  xmlns:cac="${NAMES}CommonAggregateComponents-2" xmlns:cbc="${NAMES}CommonBasicComponents-2">
  <cbc:CustomizationID>urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0</cbc:CustomizationID>
  <cbc:ProfileID>urn:fdc:peppol.eu:2017:poacc:billing:01:1.0</cbc:ProfileID>
  <cbc:ID>2026-17</cbc:ID>
  <cbc:IssueDate>2026-11-30</cbc:IssueDate>
  <cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>
  <cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
  <cbc:BuyerReference>12E5</cbc:BuyerReference>
  ${["Supplier", "Customer"]
    .map(
      (role) => `<cac:Accounting${role}Party><cac:Party>
    <cbc:EndpointID schemeID="0088">4012345000058</cbc:EndpointID>
    <cac:PostalAddress>
      <cbc:StreetName>Main Street 1</cbc:StreetName>
      <cbc:CityName>Dresden</cbc:CityName>
      <cbc:PostalZone>01067</cbc:PostalZone>
      <cac:Country><cbc:IdentificationCode>DE</cbc:IdentificationCode></cac:Country>
    </cac:PostalAddress>
    <cac:PartyTaxScheme>
      <cbc:CompanyID>DE123456788</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>
    </cac:PartyTaxScheme>
    <cac:PartyLegalEntity><cbc:RegistrationName>${role}</cbc:RegistrationName></cac:PartyLegalEntity>
  </cac:Party></cac:Accounting${role}Party>`,
    )
    .join("\n  ")}
  <cac:PaymentMeans>
    <cbc:PaymentMeansCode>30</cbc:PaymentMeansCode>
    <cbc:PaymentID>0000123</cbc:PaymentID>
    <cac:PayeeFinancialAccount><cbc:ID>DE89370400440532013000</cbc:ID></cac:PayeeFinancialAccount>
  </cac:PaymentMeans>
  <cac:TaxTotal>
    <cbc:TaxAmount ${EURO}>19.15</cbc:TaxAmount>
    <cac:TaxSubtotal>
      <cbc:TaxableAmount ${EURO}>100.80</cbc:TaxableAmount>
      <cbc:TaxAmount ${EURO}>19.15</cbc:TaxAmount>
      <cac:TaxCategory>${RATE}</cac:TaxCategory>
    </cac:TaxSubtotal>
  </cac:TaxTotal>
  <cac:LegalMonetaryTotal>
    <cbc:LineExtensionAmount ${EURO}>100.80</cbc:LineExtensionAmount>
    <cbc:TaxExclusiveAmount ${EURO}>100.80</cbc:TaxExclusiveAmount>
    <cbc:TaxInclusiveAmount ${EURO}>119.95</cbc:TaxInclusiveAmount>
    <cbc:PayableRoundingAmount ${EURO}>0.05</cbc:PayableRoundingAmount>
    <cbc:PayableAmount ${EURO}>120.00</cbc:PayableAmount>
  </cac:LegalMonetaryTotal>
  <cac:InvoiceLine>
    <cbc:ID>1</cbc:ID>
    <cbc:InvoicedQuantity unitCode="C62">1</cbc:InvoicedQuantity>
    <cbc:LineExtensionAmount ${EURO}>100.80</cbc:LineExtensionAmount>
    <cac:Item><cbc:Name>Dress</cbc:Name><cac:ClassifiedTaxCategory>${RATE}</cac:ClassifiedTaxCategory></cac:Item>
    <cac:Price><cbc:PriceAmount ${EURO}>100.80</cbc:PriceAmount></cac:Price>
  </cac:InvoiceLine>
</Invoice>`;
const EXPECTED = [
  ["PaymentID", "0000123", "123"],
  ["BuyerReference", "12E5", "1200000"],
  ["PostalZone", "01067", "1067"],
  ["TaxExclusiveAmount", "100.80", "100.8"],
  ["TaxInclusiveAmount", "119.95", "120"],
  ["PayableRoundingAmount", "0.05", "nothing"],
  ["PayableAmount", "120.00", "120"],
];

const value = (xml, name) => xml.match(new RegExp(`<cbc:${name}[^>]*>([^<]*)<`))?.[1] ?? "nothing";

(async () => {
  const written = await new UblWriter().write(await new UblReader().read(GIVEN));
  console.log("".padEnd(23) + "given".padEnd(10), "written");
  for (const [name, given, expected] of EXPECTED) {
    const seen = value(written, name);
    console.log(name.padEnd(23) + value(GIVEN, name).padEnd(10), seen);
    assert.deepEqual([value(GIVEN, name), seen], [given, expected], "changed");
  }
})();
NODE
node see.cjs
