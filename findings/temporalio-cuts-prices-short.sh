#!/usr/bin/env bash
# temporalio 1.35.0 (Python): a price of 19.99 that is typed `int | float` is 19 in the activity, and a price change without its price.
#
# Expected: what a workflow gives an activity is what the activity is given; of a union its data converter takes the type that fits, or
#           raises an error, as it does for a text in the place of a number.
# Happens:  it takes the first type of the union that can be made of the value, in the order in which they are written, and `int` can be
#           made of 19.99. `float | int` keeps the price, and takes the last digit of a long article number. Of two dataclasses the
#           first is taken if the value has its fields, and fields that it does not know are dropped: what should lower a price only names
#           the article, and the activity, which asks for its class, does what belongs to the other one. A parameter that is typed
#           `int` cuts 19.99 short, too. The type checker is content with each of them.
# Seen on 2026-11-29, with DataConverter.default:
#   int | float                19.99 -> 19
#   float | int                12345678901234567 -> 1.2345678901234568e+16
#   int                        19.99 -> 19
#   Relist | PriceChange       PriceChange(sku='A-17', price=19.99) -> Relist(sku='A-17')
#   PriceChange | Relist       PriceChange(sku='A-17', price=19.99) -> PriceChange(sku='A-17', price=19.99)
# Its pydantic converter keeps each of them but the `int`, which it refuses.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet temporalio==1.35.0 pydantic==2.12.5
cd "$folder"
cat > see.py <<'PYTHON'
import asyncio
from dataclasses import dataclass

from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter


@dataclass
class Relist:
    sku: str


@dataclass
class PriceChange:
    sku: str
    price: float


CHANGE = PriceChange("A-17", 19.99)
GIVEN = [
    ("int | float", int | float, 19.99, 19),
    ("float | int", float | int, 12345678901234567, 1.2345678901234568e16),
    ("int", int, 19.99, 19),
    ("Relist | PriceChange", Relist | PriceChange, CHANGE, Relist("A-17")),
    ("PriceChange | Relist", PriceChange | Relist, CHANGE, CHANGE),
]


async def arrived(converter, hint, value):
    """What an activity with a parameter of this type is given of what a workflow gave it."""
    return (await converter.decode(await converter.encode([value]), [hint]))[0]


async def main():
    for name, hint, value, expected in GIVEN:
        seen = await arrived(DataConverter.default, hint, value)
        print(f"{name:<26} {value} -> {seen}")
        assert (type(seen), seen) == (type(expected), expected), "changed"
        try:
            kept = await arrived(pydantic_data_converter, hint, value)
        except ValueError:
            assert hint is int, "changed: its pydantic converter refuses more"
        else:
            assert kept == value, f"changed: its pydantic converter makes {kept} of it"


asyncio.run(main())
PYTHON
venv/bin/python see.py
