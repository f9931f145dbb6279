#!/usr/bin/env bash
# py3dbp 1.1.2 (Python): asked for several boxes, it says of all but the last one that articles lie outside of them, or
# in one another.
#
# Expected: `pack()` tries all articles in each box, and each box has its `items` with the place of each in it, as its
#           README prints them, box by box, behind one `pack()` for seven boxes.
# Happens:  the boxes share the articles, and an article has one place and one way that it is turned: each box that is
#           tried writes its own over those of the box before. Which articles fit is right, but where they lie is right
#           in the last box only, the largest one. Who takes the smallest that all of them fit into, which is what one
#           asks for, has the plan of another: an article beside the box, or two in the same place. No error is raised;
#           with one box all is well.
# Seen on 2026-11-30; where three articles lie in a box of 20 x 20 x 20, of which they fill three quarters, tried alone
# and with a larger one; then 500 draws of articles for a small and a large box:
#   alone            A at 0, 0, 0   B at 10, 0, 0   C at 0, 0, 10
#   with a larger    A at 0, 0, 0   B at 10, 0, 0   C at 20, 0, 0
#   500 draws        361 plans of the small box that cannot be
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet py3dbp==1.1.2
cd "$folder"
cat > see.py <<'PYTHON'
from itertools import combinations
from random import Random

from py3dbp import Bin, Item, Packer

SMALL, LARGE = ("small", 20, 20, 20, 50), ("large", 60, 60, 60, 50)
ARTICLES = [("A", 10, 20, 10, 1), ("B", 10, 20, 10, 1), ("C", 20, 10, 10, 1)]
AXES = range(3)


def first_box(boxes, articles):
    """What the first box holds when all are tried."""
    packer = Packer()
    for box in boxes:
        packer.add_bin(Bin(*box))
    for article in articles:
        packer.add_item(Item(*article))
    packer.pack()
    return packer.bins[0]


def can_be(box):
    """Whether all lie within a box, and no two in one another."""
    sides = box.width, box.height, box.depth
    lying = [(item.position, item.get_dimension()) for item in box.items]
    within = all(at[axis] + size[axis] <= sides[axis] for at, size in lying for axis in AXES)
    apart = all(
        any(at[axis] + size[axis] <= other[axis] or other[axis] + long[axis] <= at[axis] for axis in AXES)
        for (at, size), (other, long) in combinations(lying, 2)
    )
    return within and apart


for told, boxes, expected in (("alone", [SMALL], [0, 0, 10]), ("with a larger", [SMALL, LARGE], [20, 0, 0])):
    box = first_box(boxes, ARTICLES)
    places = [[int(number) for number in item.position] for item in box.items]
    named = (f"{item.name} at {', '.join(map(str, place))}" for item, place in zip(box.items, places, strict=True))
    print(told.ljust(16), "   ".join(named))
    assert places[-1] == expected, "changed: places"

draw = Random(1)
wrong = 0
for _ in range(500):
    small, large = draw.randint(10, 25), draw.randint(26, 60)
    boxes = ("small", small, small, small, 99), ("large", large, large, large, 99)
    sizes = [[draw.randint(2, 15) for _ in AXES] for _ in range(draw.randint(2, 8))]
    wrong += not can_be(first_box(boxes, [(f"A-{number}", *size, 1) for number, size in enumerate(sizes)]))
print("500 draws".ljust(16), wrong, "plans of the small box that cannot be")
assert wrong > 250, "changed: draws"
PYTHON
venv/bin/python see.py
