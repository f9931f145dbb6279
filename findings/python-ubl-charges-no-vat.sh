#!/usr/bin/env bash
# python_ubl 0.1.5 (Python): an invoice of Peppol that is read and written again is one without VAT, without its
# discount, with what was paid still to pay, and in euros instead of kronor.
#
# Expected: "generating and parsing UBL 2.1 XML documents with full PEPPOL BIS Billing 3.0 compliance": an invoice that
#           it reads has the totals that stand in it, and is the same one when it is written.
# Happens:  the totals of the document are not read, they are reckoned from the lines. VAT is added up from the tax of
#           each line, which Peppol forbids to write there (UBL-CR-561), so that it is none at all; a discount of the
#           whole invoice and what was paid before are in no line either. The sums have not the document's currency but
#           the default one, euros. And a company gets a number that it never had: of its GLN ten digits are written as
#           the number of a Swedish company. No error is raised.
# Seen on 2026-11-30 with lxml 6.0.2; two Swedish invoices, of 100 kronor and of 100 with 20 off, 40 of it paid:
#                          plain: given, written     discount: given, written
#   DocumentCurrencyCode   SEK         SEK           SEK         SEK
#   TaxAmount              25.00 SEK   nothing       20.00 SEK   nothing
#   TaxExclusiveAmount     100.00 SEK  100.00 EUR    80.00 SEK   100.00 EUR
#   TaxInclusiveAmount     125.00 SEK  100.00 EUR    100.00 SEK  100.00 EUR
#   AllowanceTotalAmount   nothing     nothing       20.00 SEK   nothing
#   PrepaidAmount          nothing     nothing       40.00 SEK   nothing
#   PayableAmount          125.00 SEK  100.00 EUR    60.00 SEK   100.00 EUR
#   a seller with the GLN 4012345000058 has the number 4012345000
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet python_ubl==0.1.5 lxml==6.0.2
cd "$folder"
cat > see.py <<'PYTHON'
import re

from ubl.models import Invoice

NAMES = "urn:oasis:names:specification:ubl:schema:xsd:"
PEPPOL = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
GLN = "4012345000058"
RATE = "<cbc:ID>S</cbc:ID><cbc:Percent>25</cbc:Percent><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>"
EXPECTED = {
    "DocumentCurrencyCode": ("SEK", "SEK", "SEK", "SEK"),
    "TaxAmount": ("25.00 SEK", "nothing", "20.00 SEK", "nothing"),
    "TaxExclusiveAmount": ("100.00 SEK", "100.00 EUR", "80.00 SEK", "100.00 EUR"),
    "TaxInclusiveAmount": ("125.00 SEK", "100.00 EUR", "100.00 SEK", "100.00 EUR"),
    "AllowanceTotalAmount": ("nothing", "nothing", "20.00 SEK", "nothing"),
    "PrepaidAmount": ("nothing", "nothing", "40.00 SEK", "nothing"),
    "PayableAmount": ("125.00 SEK", "100.00 EUR", "60.00 SEK", "100.00 EUR"),
}


def amount(name, value):
    return f'<cbc:{name} currencyID="SEK">{value}</cbc:{name}>' if value else ""


def party(role):
    return f"""<cac:Accounting{role}Party><cac:Party>
      <cbc:EndpointID schemeID="0088">{GLN}</cbc:EndpointID>
      <cac:PartyName><cbc:Name>{role}</cbc:Name></cac:PartyName>
      <cac:PostalAddress>
        <cbc:StreetName>Main Street 1</cbc:StreetName>
        <cbc:CityName>Lund</cbc:CityName>
        <cbc:PostalZone>22100</cbc:PostalZone>
        <cac:Country><cbc:IdentificationCode>SE</cbc:IdentificationCode></cac:Country>
      </cac:PostalAddress>
      <cac:PartyTaxScheme>
        <cbc:CompanyID>SE556677889901</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>
      </cac:PartyTaxScheme>
      <cac:PartyLegalEntity><cbc:RegistrationName>{role}</cbc:RegistrationName></cac:PartyLegalEntity>
    </cac:Party></cac:Accounting{role}Party>"""


def invoice(net, vat, gross, payable, off="", paid=""):
    discount = f"""<cac:AllowanceCharge>
      <cbc:ChargeIndicator>false</cbc:ChargeIndicator>
      <cbc:AllowanceChargeReason>Discount</cbc:AllowanceChargeReason>
      {amount("Amount", off)}<cac:TaxCategory>{RATE}</cac:TaxCategory>
    </cac:AllowanceCharge>"""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
    <Invoice xmlns="{NAMES}Invoice-2"
      xmlns:cac="{NAMES}CommonAggregateComponents-2" xmlns:cbc="{NAMES}CommonBasicComponents-2">
      <cbc:CustomizationID>{PEPPOL}</cbc:CustomizationID>
      <cbc:ProfileID>urn:fdc:peppol.eu:2017:poacc:billing:01:1.0</cbc:ProfileID>
      <cbc:ID>2026-17</cbc:ID>
      <cbc:IssueDate>2026-11-30</cbc:IssueDate>
      <cbc:DueDate>2026-12-30</cbc:DueDate>
      <cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>
      <cbc:DocumentCurrencyCode>SEK</cbc:DocumentCurrencyCode>
      <cbc:BuyerReference>1042</cbc:BuyerReference>
      {party("Supplier")}{party("Customer")}{discount if off else ""}
      <cac:TaxTotal>{amount("TaxAmount", vat)}<cac:TaxSubtotal>
        {amount("TaxableAmount", net)}{amount("TaxAmount", vat)}<cac:TaxCategory>{RATE}</cac:TaxCategory>
      </cac:TaxSubtotal></cac:TaxTotal>
      <cac:LegalMonetaryTotal>
        {amount("LineExtensionAmount", "100.00")}{amount("TaxExclusiveAmount", net)}
        {amount("TaxInclusiveAmount", gross)}{amount("AllowanceTotalAmount", off)}
        {amount("PrepaidAmount", paid)}{amount("PayableAmount", payable)}
      </cac:LegalMonetaryTotal>
      <cac:InvoiceLine>
        <cbc:ID>1</cbc:ID><cbc:InvoicedQuantity unitCode="C62">2</cbc:InvoicedQuantity>
        {amount("LineExtensionAmount", "100.00")}
        <cac:Item>
          <cbc:Name>Dress</cbc:Name><cac:ClassifiedTaxCategory>{RATE}</cac:ClassifiedTaxCategory>
        </cac:Item>
        <cac:Price>{amount("PriceAmount", "50.00")}</cac:Price>
      </cac:InvoiceLine>
    </Invoice>"""


def value(xml, name):
    found = re.search(rf'<cbc:{name}(?: [^>]*?currencyID="(\w+)")?[^>]*>([^<]*)<', xml)
    return " ".join(filter(None, (found[2], found[1]))) if found else "nothing"


GIVEN = (
    invoice("100.00", "25.00", "125.00", "125.00"),
    invoice("80.00", "20.00", "100.00", "60.00", off="20.00", paid="40.00"),
)
files = []
for given in GIVEN:
    files += [given, Invoice.from_xml_string(given).to_xml_string()]
print("".ljust(22), "plain: given, written     discount: given, written")
for name, expected in EXPECTED.items():
    seen = tuple(value(xml, name) for xml in files)
    print(name.ljust(22), seen[0].ljust(11), seen[1].ljust(13), seen[2].ljust(11), seen[3])
    assert seen == expected, "changed"
company = re.search(r'<cbc:CompanyID schemeID="0007"[^>]*>([^<]*)<', files[1])[1]
print("a seller with the GLN", GLN, "has the number", company)
assert company == "4012345000", "changed: company"
PYTHON
venv/bin/python see.py
