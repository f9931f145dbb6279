#!/usr/bin/env bash
# etsy-apiv3 2.2.8 (Python): deleting a listing raises an error when Etsy has deleted it, and none when Etsy was too busy to.
#
# Expected: "Raises: EtsyRequestException" says the one method that all calls go through, and a call that Etsy has carried out returns.
# Happens:  it reads each answer as JSON before it looks at the status: what is deleted is answered with 204 and no body, which is a JSONDecodeError.
#           Of the refusals it knows 400, 401, 404 and 500; each other one, as 403, 409, 429 and 503, is returned as if it were what was asked
#           for. Who believes it deletes what is gone again and keeps selling what is not. And EtsyRequestException is no Exception but a
#           BaseException, like KeyboardInterrupt: the `except Exception` around a worker's loop lets a listing that is not found end it.
# Seen on 2026-11-30 with pydantic 1.10.27, httpx 0.28.1, whose MockTransport answers; delete_listing_by_id:
#   204                                       raised JSONDecodeError
#   404 {"error": "Resource not found"}       raised EtsyRequestException, no Exception
#   403 {"error": "Forbidden"}                returned {'error': 'Forbidden'}
#   409 {"error": "Conflict"}                 returned {'error': 'Conflict'}
#   429 {"error": "Exceeded rate limit"}      returned {'error': 'Exceeded rate limit'}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet etsy-apiv3==2.2.8 pydantic==1.10.27 httpx==0.28.1
cd "$folder"
cat > see.py <<'PYTHON'
import json

import httpx
from etsy_apiv3.models.TokenModel import Token
from etsy_apiv3.resources import ListingResource
from etsy_apiv3.utils.EtsyOauth2Session import EtsyOauth2Session

GIVEN = [
    (204, None, "raised JSONDecodeError"),
    (404, "Resource not found", "raised EtsyRequestException, no Exception"),
    (403, "Forbidden", "returned {'error': 'Forbidden'}"),
    (409, "Conflict", "returned {'error': 'Conflict'}"),
    (429, "Exceeded rate limit", "returned {'error': 'Exceeded rate limit'}"),
]


def deleted(answer):
    token = Token(access_token="1.access", refresh_token="1.refresh", token_type="Bearer", expires_in=3600)
    session = EtsyOauth2Session("key", token)
    session.client = httpx.Client(transport=httpx.MockTransport(lambda request: answer))
    try:
        return f"returned {ListingResource(session).delete_listing_by_id(1)}"
    except BaseException as error:
        return f"raised {type(error).__name__}" + ("" if isinstance(error, Exception) else ", no Exception")


for status, refusal, expected in GIVEN:
    body = json.dumps({"error": refusal}) if refusal else ""
    seen = deleted(httpx.Response(status, content=body.encode()))
    print(f"{f'{status} {body}':<41} {seen}")
    assert seen == expected, "changed"
PYTHON
venv/bin/python -W ignore see.py
