#!/usr/bin/env bash
# redis-py 8.1.0 with RQ 3.0.0: where one answer of Redis is lost, the job is queued twice, and run twice.
#
# Expected: a ConnectionError when the connection ends after a command was sent and before its answer: only the caller knows whether the
#           command may be given again. 3.1.0 took the repeating out for this reason (redis-py's issue 1140), and 5.3.1 raises.
# Happens:  since 6.0 each client repeats every command up to three times by itself, INCR, RPUSH and whole transactions too, and says
#           nothing. RQ's job stands in its queue twice, two workers take it, and what it does is done twice. With `unique=True`, which
#           is against that, the job is queued, and `enqueue` raises DuplicateJobError all the same: the repeated script finds the job
#           that the first one wrote, and who asked hears that it is somebody else's.
# Seen on 2026-11-29 with Redis 7.0.15 behind a wire that loses one answer; `retry=Retry(NoBackoff(), 0)` is how to switch it off:
#   INCR         2 (of one)
#   enqueue      in the queue: order-17 order-17, run 2 times
#   unique=True  DuplicateJobError, in the queue: order-18
#   retry of 0   ConnectionError, in the queue: order-19
# Needs redis-server besides.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet rq==3.0.0 redis==8.1.0
cd "$folder"
cat > see.py <<'PYTHON'
import socket
import subprocess
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from time import sleep

from redis import ConnectionError, Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue, SimpleWorker
from rq.exceptions import DuplicateJobError

SOCKET = str(Path("redis.sock").absolute())


@contextmanager
def redis_server():
    line = ["redis-server", "--port", "0", "--unixsocket", SOCKET, "--save", "", "--appendonly", "no"]
    with subprocess.Popen(line, stdout=subprocess.DEVNULL) as server:
        try:
            while not Path(SOCKET).exists():
                sleep(0.05)
            yield
        finally:
            server.terminate()


class Wire:
    """Carries commands to Redis, and loses the answer to the next one that has `word` in it."""

    def __init__(self):
        self.word = None
        self.door = socket.create_server(("127.0.0.1", 0))
        self.port = self.door.getsockname()[1]
        Thread(target=self.listen, daemon=True).start()

    def listen(self):
        while True:
            client, _ = self.door.accept()
            Thread(target=self.carry, args=(client,), daemon=True).start()

    def carry(self, client):
        with client, socket.socket(socket.AF_UNIX) as redis:
            redis.connect(SOCKET)
            while asked := client.recv(65536):
                redis.sendall(asked)
                answer = redis.recv(65536)
                if self.word and self.word in asked:
                    self.word = None
                    return
                client.sendall(answer)


def sell(order):
    with Path("sold").open("a") as sold:
        sold.write(f"{order}\n")


def queued(redis):
    return " ".join(job.decode() for job in redis.lrange("rq:queue:default", 0, -1))


def main():
    wire, direct = Wire(), Redis(unix_socket_path=SOCKET)
    wired = Redis(port=wire.port)
    wired.ping()
    wire.word = b"INCR"
    counted = wired.incr("sold")
    print(f"INCR         {counted} (of one)")

    wire.word = b"RPUSH"
    Queue(connection=wired).enqueue("see.sell", "order-17", job_id="order-17")
    twice = queued(direct)
    SimpleWorker([Queue(connection=direct)], connection=direct).work(burst=True, logging_level="CRITICAL")
    times = len(Path("sold").read_text().split())
    print(f"enqueue      in the queue: {twice}, run {times} times")

    Queue(connection=wired).enqueue("see.sell", "order-1", job_id="order-1", unique=True).delete()  # so that Redis has RQ's script
    wire.word = b"EVALSHA"
    try:
        Queue(connection=wired).enqueue("see.sell", "order-18", job_id="order-18", unique=True)
        said = "no error"
    except DuplicateJobError as error:
        said = type(error).__name__
    unique = queued(direct)
    print(f"unique=True  {said}, in the queue: {unique}")

    direct.delete("rq:queue:default")
    once = Redis(port=wire.port, retry=Retry(NoBackoff(), 0))
    once.ping()
    wire.word = b"RPUSH"
    try:
        Queue(connection=once).enqueue("see.sell", "order-19", job_id="order-19")
        refused = "no error"
    except ConnectionError as error:
        refused = type(error).__name__
    alone = queued(direct)
    print(f"retry of 0   {refused}, in the queue: {alone}")

    assert counted == 2, "changed: INCR is not repeated"
    assert (twice, times) == ("order-17 order-17", 2), "changed: the job is queued once"
    assert (said, unique) == ("DuplicateJobError", "order-18"), "changed: who asked hears that it is queued"
    assert (refused, alone) == ("ConnectionError", "order-19"), "changed: a retry of 0 repeats"


if __name__ == "__main__":
    with redis_server():
        main()
PYTHON
venv/bin/python see.py
