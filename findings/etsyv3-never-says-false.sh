#!/usr/bin/env bash
# etsyv3 0.0.7 sends `null` where it is told `False`: a listing's renewal, which costs a fee each time, cannot be switched off.
#
# Expected: `UpdateListingRequest(should_auto_renew=False)` is {"should_auto_renew": false}.
# Happens:  what is empty is to be sent as null, so that a field can be emptied. `todict` asks `value not in [[], "" or 0]`: the list is
#           [[], 0], and in Python `False == 0`. Each False goes out as null, whether the field is one of those that may be emptied or not:
#           `is_taxable`, `is_personalizable`, `is_supply` too; and a number that is 0. `True` is sent as it is, so a switch can be
#           put on by this library and never off.
# Seen on 2026-11-29:
#   on:  {'should_auto_renew': True, 'is_taxable': True}
#   off: {'should_auto_renew': None, 'is_taxable': None}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet etsyv3==0.0.7
"$folder/venv/bin/python" - <<'PYTHON'
from etsyv3.models.listing_request import UpdateListingRequest


def sent(switch):
    return UpdateListingRequest(should_auto_renew=switch, is_taxable=switch).get_dict()


print("on: ", sent(True))
print("off:", sent(False))
assert sent(True) == {"should_auto_renew": True, "is_taxable": True}, "changed: True is sent otherwise"
assert sent(False) == {"should_auto_renew": None, "is_taxable": None}, "changed: False is sent as such"
assert "should_auto_renew" not in UpdateListingRequest.nullable, "changed: renewal is a field that may be emptied"
PYTHON
