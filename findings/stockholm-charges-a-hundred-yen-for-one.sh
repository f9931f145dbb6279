#!/usr/bin/env bash
# stockholm 0.5.7: 1000 yen are 1000 sub-units, or 100000 after they were written as JSON and read again.
#
# The yen has no smaller unit (ISO 4217, minor unit 0), and a payment interface takes an amount in the smallest one: 1000 for 1000 yen.
# Expected: what is equal has equal `sub_units`; a currency may be given as an object or as its letters, says the README.
# Happens:  how many digits it has is known to `Currency.JPY` and not to "JPY", which has two like any letters. JSON, a dict, a text and a
#           database column bring the letters back: the price that was put in as an object comes out a hundred times as much, and
#           a dinar of Kuwait, which has three digits, a tenth. `==` says that they are the same, so a test of the round trip passes.
# Seen on 2026-11-29:
#   Money(1000, Currency.JPY)  1000 sub-units, read from its JSON: 100000, equal: True
#   Money(1000, Currency.KWD)  1000000 sub-units, read from its JSON: 100000, equal: True
#   Money(1000, Currency.EUR)  100000 sub-units, read from its JSON: 100000, equal: True
# `get_currency("JPY")` gives the object for the letters.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet stockholm==0.5.7
"$folder/venv/bin/python" - <<'PYTHON'
from stockholm import Currency, Money, get_currency

seen = {}
for code in ("JPY", "KWD", "EUR"):
    price = Money(1000, getattr(Currency, code))
    read = Money.from_json(price.json())
    seen[code] = (int(price.sub_units), int(read.sub_units))
    print(f"Money(1000, Currency.{code})  {seen[code][0]} sub-units, read from its JSON: {seen[code][1]}, equal: {price == read}")
    assert price == read, "changed: they are not equal"
    assert Money(1000, get_currency(code)).sub_units == price.sub_units, "changed: the object that is found by the letters"
assert seen == {"JPY": (1000, 100000), "KWD": (1000000, 100000), "EUR": (100000, 100000)}, "changed"
PYTHON
