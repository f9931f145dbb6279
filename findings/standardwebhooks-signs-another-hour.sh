#!/usr/bin/env bash
# standardwebhooks 1.1.0 (Python, the reference library): a message that is signed with the time of Berlin is refused everywhere.
#
# The signed content is id, timestamp and body, the timestamp in seconds since 1970 (Standard Webhooks, "Signature scheme"); it is sent in
# the header webhook-timestamp too.
# Expected: `sign(id, moment, body)` takes a datetime, and one that knows its zone is the same moment in each.
# Happens:  `timestamp.replace(tzinfo=timezone.utc)` takes the hour that the clock shows and calls it UTC. What
#           `datetime.now(ZoneInfo("Europe/Berlin"))` signs does not fit the header of the same moment, and the receivers drop each of a
#           shop's orders. A time without a zone is signed wrong as well where the machine's clock is not UTC; where it is, as in
#           tests and containers, nothing is seen.
# Seen on 2026-11-29, one moment in three zones:
#   UTC               1795967712  taken
#   Europe/Berlin     1795967712  refused: No matching signature found
#   America/New_York  1795967712  refused: No matching signature found
# Its issue 251, of August 2025, has the times without a zone; pull request 334 would mend both.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet standardwebhooks==1.1.0
"$folder/venv/bin/python" - <<'PYTHON'
import base64
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

KEY = base64.b64encode(b"a secret of the script's own, 32").decode()
BODY = '{"type": "order.created", "data": {"id": 17}}'


def send(moment):
    webhook, number = Webhook(KEY), int(moment.timestamp())
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(number), "webhook-signature": webhook.sign("msg_1", moment, BODY)}
    try:
        return "taken" if webhook.verify(BODY, headers)["data"]["id"] == 17 else "another"
    except WebhookVerificationError as error:
        return f"refused: {error}"


now = datetime.now(timezone.utc)
seen = []
for zone in ("UTC", "Europe/Berlin", "America/New_York"):
    moment = now.astimezone(ZoneInfo(zone))
    seen.append(send(moment))
    print(f"{zone:<17} {int(moment.timestamp())}  {seen[-1]}")
assert seen[0] == "taken", "changed: what UTC signs is refused"
assert seen[1:] == ["refused: No matching signature found"] * 2, "changed: a moment is the same in each zone"
PYTHON
