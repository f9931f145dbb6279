#!/usr/bin/env bash
# DBOS 3.4.0: what is scheduled for 2 o'clock in the night runs twice in the night in which clocks are put back.
#
# Expected: "0 2 * * *" with `cron_timezone="Europe/Paris"`, an example of DBOS's own guide (every day at 2am), runs once a day. Cron itself
#           runs a job of a set hour once in that night, and only those of every hour in both (cron(8) of Debian, "Notes").
# Happens:  DBOS makes a run of each time that croniter 7.0.0 names: 02:00+02:00 and, an hour after, 02:00+01:00. The id of a run ends with its
#           time and offset, so that it does not hold the second one back: stock is taken over twice, mails are sent twice. For the
#           same line cronsim 2.8 has one time.
# Seen on 2026-11-29, the runs that DBOS makes for 24 to 26 October 2026:
#   DBOS 3.4.0   24T02:00+02:00, 25T02:00+02:00, 25T02:00+01:00, 26T02:00+01:00
#   cronsim 2.8  24T02:00+02:00, 25T02:00+02:00, 26T02:00+01:00
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet dbos==3.4.0 croniter==7.0.0 cronsim==2.8
cd "$folder"
cat > see.py <<'PYTHON'
from datetime import datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim
from dbos import DBOS

LINE, ZONE = "0 2 * * *", "Europe/Paris"
BEGIN, END = (datetime(2026, 10, day, tzinfo=ZoneInfo(ZONE)) for day in (24, 27))
DBOS(config={"name": "selling", "system_database_url": "sqlite:///state.sqlite", "run_admin_server": False, "log_level": "CRITICAL"})


@DBOS.workflow()
def take_over_stock(scheduled, _):
    return shown(scheduled)


def shown(time):
    return time.isoformat(timespec="minutes").removeprefix("2026-10-")


DBOS.launch()
DBOS.create_schedule(schedule_name="nightly", workflow_fn=take_over_stock, schedule=LINE, cron_timezone=ZONE)
runs = [handle.get_result() for handle in DBOS.backfill_schedule("nightly", BEGIN, END)]
DBOS.destroy()
times = CronSim(LINE, BEGIN)
right = [shown(next(times)) for _ in range(3)]
print(f"DBOS 3.4.0   {', '.join(runs)}\ncronsim 2.8  {', '.join(right)}")
assert right == ["24T02:00+02:00", "25T02:00+02:00", "26T02:00+01:00"], "changed: the witness"
assert runs == ["24T02:00+02:00", "25T02:00+02:00", "25T02:00+01:00", "26T02:00+01:00"], "changed: a night is run once"
PYTHON
venv/bin/python see.py
