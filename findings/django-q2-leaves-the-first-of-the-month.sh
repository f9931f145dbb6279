#!/usr/bin/env bash
# django-q2 1.11.1: what is scheduled monthly, on the first at midnight in Berlin, runs on the 31st, then on the 29th for good.
#
# Expected: a schedule of "M" whose first run is on 1 December, 0:00, runs on the first of each month at 0:00. Its `calculate_next_run` works
#           in the zone of the project (TIME_ZONE), it says, for days, weeks and months: it mends what summer time shifts.
# Happens:  the month is added in UTC, where that midnight is 30 November, 23:00: so the next are 30 December, 30 January, and, as February
#           has none, the 28th, which it keeps. East of Greenwich what closes a month closes it before the last day's sales, and March twice, on
#           the 1st and on the 29th. Each run is reckoned from the one before, so that a schedule for the 31st stays on the 28th too, and a
#           daily one of 2:30 on 1:30, once clocks have been put forward over it.
# Seen on 2026-11-29 with Django 5.2.19, USE_TZ, TIME_ZONE="Europe/Berlin":
#   monthly from 2026-12-01 00:00    31 Dec 00:00, 31 Jan 00:00, 01 Mar 00:00, 29 Mar 00:00, 29 Apr 00:00
#   monthly from 2026-12-01 09:00    01 Jan 09:00, 01 Feb 09:00, 01 Mar 09:00, 01 Apr 09:00, 01 May 09:00
#   quarterly from 2026-10-01 00:00  31 Dec 00:00, 31 Mar 00:00, 01 Jul 00:00, 01 Oct 00:00, 31 Dec 00:00
#   monthly from 2026-12-31 09:00    31 Jan 09:00, 28 Feb 09:00, 28 Mar 09:00, 28 Apr 09:00, 28 May 09:00
#   daily from 2026-03-28 02:30      29 Mar 01:30, 30 Mar 01:30, 31 Mar 01:30, 01 Apr 01:30, 02 Apr 01:30
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet django-q2==1.11.1 django==5.2.19
cd "$folder"
cat > see.py <<'PYTHON'
from datetime import datetime
from zoneinfo import ZoneInfo

import django
from django.conf import settings
from django.core.management import call_command

ZONE = "Europe/Berlin"
settings.configure(
    USE_TZ=True,
    TIME_ZONE=ZONE,
    INSTALLED_APPS=["django.contrib.contenttypes", "django_q"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    Q_CLUSTER={"orm": "default", "timeout": 60, "retry": 120},
)
django.setup()
call_command("migrate", verbosity=0)
from django_q.models import Schedule

SEEN = {
    ("monthly", "M", "2026-12-01 00:00"): "31 Dec 00:00, 31 Jan 00:00, 01 Mar 00:00, 29 Mar 00:00, 29 Apr 00:00",
    ("monthly", "M", "2026-12-01 09:00"): "01 Jan 09:00, 01 Feb 09:00, 01 Mar 09:00, 01 Apr 09:00, 01 May 09:00",
    ("quarterly", "Q", "2026-10-01 00:00"): "31 Dec 00:00, 31 Mar 00:00, 01 Jul 00:00, 01 Oct 00:00, 31 Dec 00:00",
    ("monthly", "M", "2026-12-31 09:00"): "31 Jan 09:00, 28 Feb 09:00, 28 Mar 09:00, 28 Apr 09:00, 28 May 09:00",
    ("daily", "D", "2026-03-28 02:30"): "29 Mar 01:30, 30 Mar 01:30, 31 Mar 01:30, 01 Apr 01:30, 02 Apr 01:30",
}
for (word, kind, begin), seen in SEEN.items():
    first = datetime.fromisoformat(begin).replace(tzinfo=ZoneInfo(ZONE))
    number = Schedule.objects.create(func="math.floor", schedule_type=kind, next_run=first).pk
    runs = []
    for _ in range(5):
        schedule = Schedule.objects.get(pk=number)  # as the cluster reads it for each run
        schedule.next_run = schedule.calculate_next_run()
        schedule.save()
        runs.append(schedule.next_run.astimezone(ZoneInfo(ZONE)).strftime("%d %b %H:%M"))
    print(f"{word + ' from ' + begin:32} {', '.join(runs)}")
    assert ", ".join(runs) == seen, "changed"
PYTHON
venv/bin/python see.py
