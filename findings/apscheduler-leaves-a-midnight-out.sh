#!/usr/bin/env bash
# APScheduler 3.11.3 and 4.0.0a6: what runs at midnight does not run in the night after clocks were put forward; what runs on 1 April, not that year.
#
# Expected: "0 0 * * *" runs each night. Clocks change at 2:00, and its documentation warns of times that a clock shows twice or never.
# Happens:  the next day is reached by adding 24 hours. Sunday has 23: from its 0:00 that is Monday, 1:00, and the next 0:00 from there is
#           Tuesday's. Monday's is left out without a word. By the month it is worse: from 1 March it arrives on 1 April at 1:00, and
#           the month's invoices are made on 1 May.
# Seen on 2026-11-29 in Europe/Paris, where clocks were put forward on 29 March 2026; croniter 7.0.0 and cronsim 2.8 name each one:
#   0 0 * * *  APScheduler 3.11.3   28 March, 29 March, 31 March
#   0 0 1 * *  APScheduler 3.11.3   1 May, 1 June, 1 July
#   0 0 * * *  APScheduler 4.0.0a6  28 March, 29 March, 31 March
#   0 0 1 * *  APScheduler 4.0.0a6  1 May, 1 June, 1 July
#   0 0 * * *  croniter, cronsim    28 March, 29 March, 30 March
#   0 0 1 * *  croniter, cronsim    1 April, 1 May, 1 June
# In New York it is the Monday of each March: "0 0 * * mon" misses a week. Its issues 529 and 606 told of it in 2021 and 2022.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for version in 3.11.3 4.0.0a6; do
    python3 -m venv "$folder/$version"
    "$folder/$version/bin/pip" install --quiet "apscheduler==$version" croniter==7.0.0 cronsim==2.8
done
cat > "$folder/see.py" <<'PYTHON'
from datetime import datetime
from importlib.metadata import version
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger
from croniter import croniter
from cronsim import CronSim

BEGIN = datetime(2026, 3, 27, 10, tzinfo=ZoneInfo("Europe/Paris"))
SKIPPED = {"0 0 * * *": "28 March, 29 March, 31 March", "0 0 1 * *": "1 May, 1 June, 1 July"}
RIGHT = {"0 0 * * *": "28 March, 29 March, 30 March", "0 0 1 * *": "1 April, 1 May, 1 June"}


def shown(times):
    times = list(times)
    assert all((time.hour, time.minute) == (0, 0) for time in times), "changed: not at midnight"
    return ", ".join(f"{time.day} {time:%B}" for time in times)


def of_apscheduler(line):
    if hasattr(CronTrigger, "next"):
        trigger = CronTrigger.from_crontab(line, start_time=BEGIN, timezone=BEGIN.tzinfo)
        return [trigger.next() for _ in range(3)]
    trigger = CronTrigger.from_crontab(line, timezone=BEGIN.tzinfo)
    times = [trigger.get_next_fire_time(None, BEGIN)]
    while len(times) < 3:
        times.append(trigger.get_next_fire_time(times[-1], times[-1]))
    return times


for line, skipped in SKIPPED.items():
    seen = shown(of_apscheduler(line))
    print(f"{line}  {'APScheduler ' + version('apscheduler'):20} {seen}")
    assert seen == skipped, "changed: no night is left out"
for line, right in RIGHT.items():
    each, all_of = croniter(line, BEGIN), CronSim(line, BEGIN)
    names = {shown(each.get_next(datetime) for _ in range(3)), shown(next(all_of) for _ in range(3))}
    print(f"{line}  {'croniter, cronsim':20} {' | '.join(names)}")
    assert names == {right}, "changed: the witnesses"
PYTHON
"$folder/3.11.3/bin/python" "$folder/see.py"
"$folder/4.0.0a6/bin/python" "$folder/see.py"
