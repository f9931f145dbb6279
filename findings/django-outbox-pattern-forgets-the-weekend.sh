#!/usr/bin/env bash
# django-outbox-pattern 3.2.1 (Python): what has waited for a day is never sent, and a model that it sends loses its
# own `save`.
#
# Expected: what is in the outbox is sent when the broker and the publisher are there again, however long they were
#           away: that is what an outbox is for. `@publish` above a model adds a row to the outbox to what the model
#           does when it is saved.
# Happens:  a row "expires" a day after it was written, which is its default and stands nowhere in its README, and the
#           publisher takes only those that have not: what was written on Friday and waits for Monday is not sent,
#           stays "scheduled", and is deleted after 30 days; the log says "No objects to publish" where it says debug.
#           And `@publish` puts its own `save` in the place of the model's, and calls that of the class above: a model
#           that counts its stock, makes its SKU or refuses a price of 0 in `save` does so no more once it is
#           decorated, and what is sent is what was not counted.
# Seen on 2026-11-30 with Django 5.2.19, stomp.py 8.2.0, time-machine 3.1.0 and a connection of the script's own; an
# article whose `save` counts its stock, two red and three blue, is saved, and the publisher is begun later:
#   after 23 h     sent: A-1
#   after 25 h     sent: nothing
#   stock          plain: 5, with @publish: 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet django-outbox-pattern==3.2.1 django==5.2.19 stomp.py==8.2.0 time-machine==3.1.0
cd "$folder"
mkdir shop
cat > shop/broker.py <<'PYTHON'
import json

sent = []


class Connection:
    """A broker that takes everything."""

    def __init__(self, **_):
        pass

    def is_connected(self):
        return True

    def send(self, *, body, **_):
        sent.append(json.loads(body)["sku"])

    def disconnect(self):
        pass

    def set_listener(self, *_):
        pass
PYTHON
cat > shop/__init__.py <<'PYTHON'
PYTHON
cat > shop/models.py <<'PYTHON'
from django.db import models
from django_outbox_pattern.decorators import Config, publish


class Counted(models.Model):
    sku = models.CharField(max_length=20)
    red = models.IntegerField()
    blue = models.IntegerField()
    stock = models.IntegerField(default=0)

    class Meta:
        abstract = True


class Plain(Counted):
    def save(self, *args, **kwargs):
        self.stock = self.red + self.blue
        super().save(*args, **kwargs)


@publish([Config(destination="/topic/articles")])
class Sent(Counted):
    def save(self, *args, **kwargs):
        self.stock = self.red + self.blue
        super().save(*args, **kwargs)
PYTHON
cat > see.py <<'PYTHON'
from datetime import datetime, timedelta, timezone

import django
import time_machine
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["django_outbox_pattern", "shop"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    DJANGO_OUTBOX_PATTERN={"DEFAULT_CONNECTION_CLASS": "shop.broker.Connection", "DEFAULT_PRODUCER_WAITING_TIME": 0},
    USE_TZ=True,
)
django.setup()
from django.core.management import call_command  # noqa: E402
from django_outbox_pattern.factories import factory_producer  # noqa: E402
from shop import broker  # noqa: E402
from shop.models import Plain, Sent  # noqa: E402

FRIDAY = datetime(2026, 11, 27, 18, tzinfo=timezone.utc)
PIECES = {"red": 2, "blue": 3}


def sent_after(hours, sku):
    """What is sent of an article when the publisher comes so many hours after it was saved."""
    broker.sent.clear()
    with time_machine.travel(FRIDAY):
        Sent.objects.create(sku=sku, **PIECES)
    with time_machine.travel(FRIDAY + timedelta(hours=hours)):
        factory_producer().publish_message_from_database()
    print(f"after {hours} h     sent: {', '.join(broker.sent) or 'nothing'}")
    return list(broker.sent)


call_command("migrate", verbosity=0, run_syncdb=True)
assert sent_after(23, "A-1") == ["A-1"], "changed: 23 h"
assert sent_after(25, "A-2") == [], "changed: 25 h"
plain, decorated = (model.objects.create(sku="A-3", **PIECES).stock for model in (Plain, Sent))
print(f"stock          plain: {plain}, with @publish: {decorated}")
assert (plain, decorated) == (5, 0), "changed: save"
PYTHON
venv/bin/python -W ignore see.py
