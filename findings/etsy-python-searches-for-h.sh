#!/usr/bin/env bash
# etsy-python 1.2.3 asks Etsy for "H" where it is to search a shop for "H&M dress".
#
# Expected: the words reach Etsy as they were given: keywords=H%26M%20dress (RFC 3986, 2.2: a reserved character that is data is
#           percent-encoded).
# Happens:  `generate_get_uri` puts names and values together with "=" and "&" as they are, and requests leaves what a URL may hold. What
#           stands behind "&" is a parameter of its own, behind "#" it is not sent at all, and "+" is a space: 200, with other listings.
#           Who looks whether a thing is listed already, before listing it, finds what has an H.
# Seen on 2026-11-29 with requests 2.34.2; given, and what a server reads:
#   'H&M dress'     keywords='H', 'M dress'=''
#   'boots #38'     keywords='boots '
#   'C+A jacket'    keywords='C A jacket'
#   'wool jumper'   keywords='wool jumper'
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet etsy-python==1.2.3 requests==2.34.2
"$folder/venv/bin/python" - <<'PYTHON'
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qsl, urlsplit

from etsy_python.v3.resources.Listing import ListingResource
from etsy_python.v3.resources.Session import EtsyClient
from requests import Response
from requests.adapters import BaseAdapter

OWN = {"limit", "offset", "sort_on", "sort_order"}


class Etsy(BaseAdapter):
    """Keeps the parameters of a request as a server reads them, and answers with no listing."""

    def send(self, request, **_):
        sent = parse_qsl(urlsplit(request.path_url).query, keep_blank_values=True)
        self.asked = {name: value for name, value in sent if name not in OWN}
        response = Response()
        response.status_code, response._content, response.request = 200, b'{"count": 0, "results": []}', request
        return response

    def close(self):
        pass


etsy = Etsy()
client = EtsyClient("key:secret", "1.token", "1.refresh", datetime.now(timezone.utc) + timedelta(hours=1))
client.session.mount("https://", etsy)
seen = {}
for words in ("H&M dress", "boots #38", "C+A jacket", "wool jumper"):
    ListingResource(client).find_all_active_listings_by_shop(1, keywords=words)
    seen[words] = etsy.asked
    shown = ", ".join(f"{name if name.isidentifier() else repr(name)}={value!r}" for name, value in etsy.asked.items())
    print(f"{words!r:<15} {shown}")
assert seen["wool jumper"] == {"keywords": "wool jumper"}, "changed: plain words are sent otherwise"
assert seen["H&M dress"] == {"keywords": "H", "M dress": ""}, "changed: & is encoded"
assert seen["boots #38"] == {"keywords": "boots "}, "changed: # is encoded"
assert seen["C+A jacket"] == {"keywords": "C A jacket"}, "changed: + is encoded"
PYTHON
