#!/usr/bin/env bash
# periodiq 0.14.0 (Python): what is to run on Sundays never runs, `@weekly` neither, and a retry of a periodic task
# is skipped.
#
# Expected: "0 3 * * sun" is Sunday at three, as "0 3 * * 0" and "0 3 * * 7" are; "sat,sun" is two days, "0-6" seven,
#           `@weekly` the first minute of each Sunday. A periodic actor is a Dramatiq actor, which is tried again when
#           it fails.
# Happens:  names of days are made numbers from 0, and the day of a moment is a number up to 7: the scheduler wakes on
#           each Sunday, asks whether 7 is among the days, and sends nothing. Only "7" is one, and "*" as it contains
#           it. And "Skip outdated message", for which the middleware is told an age, 30 s in its example, holds for
#           a retry too: by Dramatiq's own times the third one at the latest is older, and is skipped, and with it all
#           that would come after it. A nightly task that meets a 503 for a minute is not done that night, and has
#           neither failed nor been done; the log says "Skipping" at the level info.
# Seen on 2026-11-30 with dramatiq 2.2.1, pendulum 3.3.0; four weeks of its scheduler with a clock of this script; then
# a task that fails once and asks for a retry in 1.5 s, with `skip_delay=1`:
#   0 3 * * 1         4 of 4
#   0 3 * * 7         4 of 4
#   0 3 * * 0         0 of 4
#   0 3 * * sun       0 of 4
#   0 3 * * sat,sun   4 of 8
#   0 3 * * 0-6       24 of 28
#   @weekly           0 of 4
#   sent by hand      tries: 2
#   sent by schedule  tries: 1
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet periodiq==0.14.0 dramatiq==2.2.1 pendulum==3.3.0
cd "$folder"
cat > see.py <<'PYTHON'
import logging
from collections import Counter
from time import sleep
from unittest.mock import patch

import dramatiq
import pendulum
import periodiq
from dramatiq.brokers.stub import StubBroker
from periodiq import PeriodiqMiddleware, Scheduler, cron

FROM = pendulum.datetime(2026, 12, 6, 12, tz="Europe/Berlin")  # a Sunday noon
RUNS = {"0 3 * * 1": (4, 4), "0 3 * * 7": (4, 4), "0 3 * * 0": (4, 0), "0 3 * * sun": (4, 0), "0 3 * * sat,sun": (8, 4),
        "0 3 * * 0-6": (28, 24), "@weekly": (4, 0)}
logging.disable(logging.CRITICAL)
broker = StubBroker()
broker.add_middleware(PeriodiqMiddleware(skip_delay=1))
dramatiq.set_broker(broker)
tries = Counter()


def weeks(line, many=4):
    """How often its scheduler sends an actor in so many weeks, woken when it asks to be woken."""
    sent = []
    actor = dramatiq.actor(lambda: None, actor_name=line, periodic=cron(line))
    with (
        patch.object(actor, "send_with_options", lambda **options: sent.append(options)),
        patch.multiple(periodiq, alarm=lambda _: None, signal=lambda *_: None, sleep=lambda _: None),
        patch.object(pendulum, "now") as now,
    ):
        now.return_value = FROM
        while now.return_value < FROM.add(weeks=many):
            Scheduler([actor]).schedule()
            now.return_value = actor.options["periodic"].next_valid_date(now.return_value)
    return len(sent)


@dramatiq.actor(periodic=cron("0 3 * * *"), min_backoff=1500, max_backoff=1500)
def lower_prices(of):
    tries[of] += 1
    if tries[of] == 1:
        raise ConnectionError("503")


seen = {line: weeks(line) for line in RUNS}
for line, many in seen.items():
    print(f"{line:<17} {many} of {RUNS[line][0]}")
worker = dramatiq.Worker(broker, worker_timeout=100)
worker.start()
lower_prices.send("hand")
lower_prices.send_with_options(args=("schedule",), scheduled_at=str(pendulum.now()))
sleep(5)
worker.stop()
for of in ("hand", "schedule"):
    print(f"sent by {of:<9} tries: {tries[of]}")
for line, many in seen.items():
    assert many == RUNS[line][1], f"changed: {line}"
assert tries == {"hand": 2, "schedule": 1}, "changed: the tries"
PYTHON
venv/bin/python -W ignore see.py
