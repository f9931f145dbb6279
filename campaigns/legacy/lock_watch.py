"""For how long anybody held a tenant's table for itself: looked at all the time from outside."""

import time
from threading import Event, Thread

import psycopg

LOOK_EVERY_S = 0.02
HELD = """
SELECT l.pid, l.virtualtransaction, n.nspname || '.' || c.relname
FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE l.granted AND l.mode = 'AccessExclusiveLock' AND c.relkind = 'r' AND n.nspname ~ '^(user_[0-9]+|vinted)$'
    AND c.relname IN ('marketplace_jobs', 'batch_jobs', 'products', 'vinted_job_stats', 'action_types')
"""


class LockWatch(Thread):
    """`longest_s` is the longest that was seen, with what was held as `longest`."""

    def __init__(self, database_url: str) -> None:
        super().__init__(name="locks", daemon=True)
        self._connection = psycopg.connect(database_url, autocommit=True)
        self._over = Event()
        self.longest_s, self.longest = 0.0, ""

    def stop(self) -> None:
        self._over.set()
        self.join()
        self._connection.close()

    def run(self) -> None:
        since: dict[tuple[int, str, str], float] = {}
        while not self._over.wait(LOOK_EVERY_S):
            now_s, held = time.monotonic(), set(self._connection.execute(HELD).fetchall())
            since = {each: since.get(each, now_s) for each in held}
            for each, began_s in since.items():
                if now_s - began_s > self.longest_s:
                    self.longest_s, self.longest = now_s - began_s, each[2]
