#!/usr/bin/env bash
# ebaysdk 2.2.0 sends a field that is None to eBay as the text "None".
#
# A request is given as a dict and becomes XML; an answer comes back as one (`response.dict()`), where an empty element is None.
# Expected: no element, or an empty one, as in a list of the same request; a boolean as XML Schema has it (part 2, 3.2.2: "false").
# Happens:  `dict2xml` returns "" for None itself and for an item of a list, but a value of a dict goes through `smart_encode`, which makes
#           str of it. An article without a subtitle is listed with the subtitle "None", which is an option that costs; each one
#           without a number has the SKU "None"; what was read empty and is given back to revise is changed. False is "False".
# Seen on 2026-11-29, the request that a connection to the Trading API builds; nothing is sent:
#   given None: <SKU>None</SKU>, <SubTitle>None</SubTitle>
#   in a list:  <PictureURL></PictureURL>
#   a boolean:  <AutoPay>False</AutoPay>
#   read empty: {'SubTitle': None}, given back: <SubTitle>None</SubTitle>
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet ebaysdk==2.2.0
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import re

from ebaysdk.response import Response
from ebaysdk.trading import Connection
from requests import Response as Answer

api = Connection(config_file=None, appid="app", devid="dev", certid="cert", token="token")


def elements(item, *names):
    xml = api.build_request_data("ReviseFixedPriceItem", {"Item": item}, None)
    return ", ".join(match[0] for match in re.finditer(r"<(\w+)>[^<]*</\1>", xml) if match[1] in names)


item = {"ItemID": "1", "SKU": None, "SubTitle": None, "AutoPay": False, "PictureDetails": {"PictureURL": [None]}}
given, listed, switch = elements(item, "SKU", "SubTitle"), elements(item, "PictureURL"), elements(item, "AutoPay")
print(f"given None: {given}\nin a list:  {listed}\na boolean:  {switch}")
answer = Answer()
answer.status_code, answer._content = 200, b'<GetItemResponse xmlns="urn:ebay:apis:eBLBaseComponents"><Item><SubTitle/></Item></GetItemResponse>'
read = Response(answer, verb="GetItem").dict()["Item"]
back = elements(read, "SubTitle")
print(f"read empty: {read}, given back: {back}")
assert given == "<SKU>None</SKU>, <SubTitle>None</SubTitle>", "changed: None is sent otherwise"
assert listed == "<PictureURL></PictureURL>", "changed: None in a list is sent otherwise"
assert switch == "<AutoPay>False</AutoPay>", "changed: a boolean is sent otherwise"
assert read == {"SubTitle": None} and back == "<SubTitle>None</SubTitle>", "changed: what is read empty is given back empty"
PYTHON
