#!/usr/bin/env bash
# stripe-xrechnung 0.1.0 (Python): an invoice of Stripe over 95.20 euros is one over 119.00 as XRechnung, since the
# coupon is not looked at; 7 % VAT are 19 %, and so is none.
#
# Expected: "Stripe Invoice JSON → XRechnung 3.0.2 UBL 2.1": both invoices come to the same amount. Its README says of
#           Stripe's `subtotal`, `tax` and `total` that they are there for a "cross-check", and `validate_invoice` says
#           what is wrong.
# Happens:  a line's `amount` is what it costs before the coupon, which Stripe takes off by `discount_amounts`: these
#           are not read, nor `total_discount_amounts`. The rate of VAT is looked for in an expanded `tax_rate`; in
#           Stripe's answers it is an id unless it is asked for, and a rate that is found nowhere is 19 %, also where
#           Stripe charged 7 % or none. No total is compared with Stripe's: the check has nothing to say, and the buyer
#           is billed by an e-invoice what Stripe has not charged.
# Seen on 2026-11-30 with pydantic 2.12.5, lxml 6.0.2; what Stripe charged, what is billed, and how many faults it sees:
#   100 and 19 %                 119.00   119.00   0
#   100, coupon of 20 %, 19 %    95.20    119.00   0
#   a book at 100 and 7 %        107.00   119.00   0
#   100 without VAT              100.00   119.00   0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet stripe-xrechnung==0.1.0 pydantic==2.12.5 lxml==6.0.2
cd "$folder"
cat > see.py <<'PYTHON'
import re

from stripe_xrechnung import emit_ubl, map_stripe, validate_invoice

SELLER = {
    "name": "Shop GmbH",
    "street": "Hauptstr. 1",
    "city": "Berlin",
    "postal_code": "10115",
    "country": "DE",
    "vat_id": "DE123456788",
    "email": "shop@example.com",
    "phone": "+49 30 000000",
    "contact_name": "Shop",
    "iban": "DE89370400440532013000",
}
NINETEEN = {"id": "txr_19", "object": "tax_rate", "percentage": 19.0, "inclusive": False}
GIVEN = [  # what it is, the coupon's cents, VAT in cents, what Stripe has of its rate, and whether a rate was set
    ("100 and 19 %", 0, 1900, "txr_19", [NINETEEN], "119.00"),
    ("100, coupon of 20 %, 19 %", 2000, 1520, "txr_19", [NINETEEN], "119.00"),
    ("a book at 100 and 7 %", 0, 700, "txr_7", [], "119.00"),
    ("100 without VAT", 0, 0, None, [], "119.00"),
]


def stripe_invoice(coupon, vat, rate, rates):
    """A finalized invoice as Stripe's API gives it, with nothing expanded."""
    taxes = [{"amount": vat, "inclusive": False, "tax_rate": rate, "taxable_amount": 10000 - coupon}] if rate else []
    discounts = [{"amount": coupon, "discount": "di_1"}] if coupon else []
    line = {
        "id": "il_1",
        "object": "line_item",
        "amount": 10000,
        "currency": "eur",
        "description": "Article",
        "quantity": 1,
        "price": {"id": "price_1", "unit_amount": 10000},
        "discount_amounts": discounts,
        "tax_amounts": taxes,
        "tax_rates": [],
    }
    total = 10000 - coupon + vat
    return {
        "id": "in_1",
        "object": "invoice",
        "number": "2026-17",
        "created": 1795996800,
        "currency": "eur",
        "customer_name": "Customer GmbH",
        "customer_email": "customer@example.com",
        "customer_address": {"line1": "Ring 2", "city": "Bonn", "postal_code": "53111", "country": "DE"},
        "default_tax_rates": rates,
        "lines": {"object": "list", "data": [line]},
        "total_discount_amounts": discounts,
        "total_tax_amounts": taxes,
        "subtotal": 10000,
        "tax": vat,
        "total": total,
        "amount_due": total,
    }


for told, coupon, vat, rate, rates, expected in GIVEN:
    given = stripe_invoice(coupon, vat, rate, rates)
    invoice = map_stripe(given, seller_overlay=SELLER)
    billed = re.search(r"<cbc:PayableAmount[^>]*>([^<]*)<", emit_ubl(invoice).decode())[1]
    faults = len(validate_invoice(invoice).issues)
    print(told.ljust(28), f"{given['total'] / 100:.2f}".ljust(8), billed.ljust(8), faults)
    assert (billed, faults) == (expected, 0), "changed"
PYTHON
venv/bin/python see.py
