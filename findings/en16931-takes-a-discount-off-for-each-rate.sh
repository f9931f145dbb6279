#!/usr/bin/env bash
# en16931 0.2 (Python): on an invoice with two rates of VAT the discount is taken off twice; one of 12.5 % is 12 %.
#
# Expected: what is taken off an invoice lowers what VAT is paid on by that amount, once: 20 euros off 100 at 21 % and
#           100 at 10 % leave 180, and VAT of 27.90 where half goes to each rate. A `discount_percent` of 12.5, or
#           0.125, is 12.5 %.
# Happens:  for each rate the whole discount is taken off its lines, and a charge, as for shipping, is put on each: VAT
#           is paid on 160 of 180 euros. With three rates it would be on 140. The percentage is made a part of one and
#           rounded to two places before anything is taken off: 12.5 % are 12 %, 2.5 % are 3 %, and one of 1 is not
#           1 % but all of it. No error is raised; an invoice with one rate and whole percents is well.
# Seen on 2026-11-30 with py-money 0.5.0; two articles of 100 euros, the second at 10 % or at 21 %:
#   rates       taken off   left        VAT         VAT is on
#   21 and 21   20 euros    180.00      37.80       180.00
#   21 and 10   nothing     200.00      31.00       200.00
#   21 and 10   20 euros    180.00      24.80       160.00
#   21 and 21   12.5 %      176.00      36.96       176.00
#   21 and 21   2.5 %       194.00      40.74       194.00
#   21 and 21   1 %         0.00        0.00        0.00
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet en16931==0.2 py-money==0.5.0
cd "$folder"
cat > see.py <<'PYTHON'
from en16931 import Invoice, InvoiceLine

GIVEN = [
    (21, {"discount_amount": 20}, "20 euros", ["180.00", "37.80", "180.00"]),
    (10, {}, "nothing", ["200.00", "31.00", "200.00"]),
    (10, {"discount_amount": 20}, "20 euros", ["180.00", "24.80", "160.00"]),
    (21, {"discount_percent": 12.5}, "12.5 %", ["176.00", "36.96", "176.00"]),
    (21, {"discount_percent": 2.5}, "2.5 %", ["194.00", "40.74", "194.00"]),
    (21, {"discount_percent": 1}, "1 %", ["0.00", "0.00", "0.00"]),
]


def line(rate):
    return InvoiceLine(quantity=1, price=100, item_name="Dress", tax_percent=rate / 100, tax_category="S", tax_name="")


print("rates       taken off   left        VAT         VAT is on")
for second, taken_off, told, expected in GIVEN:
    invoice = Invoice(invoice_id="2026-1", currency="EUR")
    invoice.add_lines_from([line(21), line(second)])
    for name, value in taken_off.items():
        setattr(invoice, name, value)
    bases = [invoice.taxable_base(tax_type=tax).amount for tax in invoice.unique_taxes]
    seen = [str(invoice.subtotal().amount), str(invoice.tax_amount().amount), str(sum(bases))]
    print(" ".join(f"{word:<11}" for word in (f"21 and {second}", told, *seen)).rstrip())
    assert seen == expected, "changed"
PYTHON
venv/bin/python -W ignore see.py
