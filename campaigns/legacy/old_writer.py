"""A program of the old house: it knows the old tables and columns only, and goes on whatever is done to them."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from threading import Event, Thread
from typing import Any

import psycopg

STATUSES = frozenset({"pending", "running", "paused", "completed", "failed", "cancelled", "expired"})
STATEMENTS_A_S = 50.0
MOST_KNOWN = 400
DIRECT = ("ebay", "etsy")
SHARE_OF_SYNCS = 0.3
SHARE_OF_PUBLISHES = 0.2
PHOTO = "coat.jpg"
Deed = Callable[[], None]

# As a driver with native enums writes it: the type is named.
ACTION = "SELECT id FROM vinted.action_types WHERE code = %s"
CREATE = """
INSERT INTO marketplace_jobs (marketplace, action_type_id, product_id, status, priority, batch_id, input_data,
    retry_count, created_at)
VALUES (%s, %s, %s, %s::jobstatus, %s, %s, '{"by": "the old program"}', 0, now()) RETURNING id
"""
PRODUCT = """
INSERT INTO products (title, description, price, category, brand, condition, gender, color, material, size_original,
    stock_quantity, images, status)
VALUES (%s, 'Warm.', 35.00, 'women/coats', 'Max Mara', 8, 'women', 'navy', 'wool', 'M', 1, %s::jsonb, 'draft')
RETURNING id
"""
READ = "SELECT status, marketplace, batch_id, error_message, retry_count FROM marketplace_jobs WHERE id = %s"
LIST = "SELECT id FROM marketplace_jobs WHERE status = ANY(%s::jobstatus[]) ORDER BY id DESC LIMIT 20"
COUNT = "SELECT count(*) FROM marketplace_jobs WHERE status = 'pending'::jobstatus"
CANCEL = "UPDATE marketplace_jobs SET cancel_requested = true WHERE id = %s"
PAUSE = "UPDATE marketplace_jobs SET status = 'paused'::jobstatus WHERE id = %s AND status = 'pending'::jobstatus"
RESUME = "UPDATE marketplace_jobs SET status = 'pending' WHERE id = %s AND status IN ('paused', 'pending')"
# What a page of batches shows, beside what it would count by itself.
BATCHES = """
SELECT b.batch_id, b.status::text, (b.total_count, b.completed_count, b.failed_count, b.cancelled_count) = (
    count(*), count(*) FILTER (WHERE j.status::text = 'completed'),
    count(*) FILTER (WHERE j.status::text IN ('failed', 'expired')),
    count(*) FILTER (WHERE j.status::text = 'cancelled')) AND (b.status::text IN ('pending', 'running')) = (
    count(*) FILTER (WHERE j.status::text IN ('pending', 'running', 'paused')) > 0)
FROM batch_jobs b JOIN marketplace_jobs j ON j.batch_id = b.batch_id WHERE b.batch_id LIKE 'old-%%' GROUP BY b.id
"""
STATISTICS = """
INSERT INTO vinted_job_stats (action_type_id, date, total_jobs, success_count, failure_count, avg_duration_ms)
VALUES (%s, current_date - %s, 1, 1, 0, 90)
"""


@dataclass(slots=True)
class Notes:
    """What a writer did and saw: `made` are its jobs by what became of them with it, `slowest_ms` its longest wait.

    `left` are those for marketplaces that need no browser, which are to be done; `published` are some of them.
    """

    made: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    cancelled: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])
    paused: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])
    left: dict[tuple[str, int], str] = field(default_factory=dict[tuple[str, int], str])  # alone, and for which place
    published: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])
    counted: int = 0
    statements: int = 0
    errors: list[str] = field(default_factory=list[str])
    odd: list[str] = field(default_factory=list[str])
    slowest_ms: float = 0.0


class OldWriter:
    """One connection of the old program, at one tenant at a time."""

    def __init__(self, database_url: str, notes: Notes) -> None:
        self._connection = psycopg.connect(database_url, autocommit=True, application_name="the old program")
        self._connection.prepare_threshold = None
        self._notes = notes
        self._schema = ""

    def use(self, schema: str) -> None:
        self._schema = schema
        self._connection.execute(f"SET search_path = {schema}, public".encode())

    def close(self) -> None:
        self._connection.close()

    def create(
        self, product: int | None, *, batch: str | None, place: str | None = "vinted", code: str = "publish"
    ) -> int:
        """Make a job as the old program's pages did; return its id."""
        action = self.ask(ACTION, code)[0][0]
        job = int(self.ask(CREATE, place, action, product, "pending", 1 if code == "sync" else 3, batch)[0][0])
        self._notes.made.append((self._schema, job))
        return job

    def create_product(self, title: str) -> int:
        """Make one with all that a marketplace asks for; return its id."""
        return int(self.ask(PRODUCT, title, f'["{PHOTO}", {{"url": "{PHOTO}"}}]')[0][0])

    def batches_off(self) -> Sequence[str]:
        """Return the old program's batches that do not show what became of their jobs."""
        return [f"{self._schema} {name} {status}" for name, status, agrees in self.ask(BATCHES) if not agrees]

    def read(self, job: int) -> str:
        """Return the job's status; one that the old program does not know is odd."""
        (status, *_), *_ = self.ask(READ, job)
        if status not in STATUSES:
            self._notes.odd.append(f"{self._schema} job {job}: {status}")
        return str(status)

    def look(self) -> None:
        self.ask(LIST, ["pending", "running", "paused"])
        self.ask(COUNT)

    def cancel(self, job: int) -> None:
        self.ask(CANCEL, job)
        self._notes.cancelled.add((self._schema, job))

    def pause(self, job: int) -> None:
        self.ask(PAUSE, job)
        self._notes.paused.add((self._schema, job))

    def resume(self, job: int) -> None:
        self.ask(RESUME, job)
        self._notes.paused.discard((self._schema, job))

    def count(self, action: int, days_ago: int) -> None:
        self.ask(STATISTICS, action, days_ago)
        self._notes.counted += 1

    def ask(self, statement: str, *values: Any) -> Sequence[tuple[Any, ...]]:
        begun_s = time.monotonic()
        cursor = self._connection.execute(statement.encode(), values)
        found = cursor.fetchall() if cursor.description else []
        self._notes.statements += 1
        self._notes.slowest_ms = max(self._notes.slowest_ms, (time.monotonic() - begun_s) * 1_000)
        return found


class Writing(Thread):
    """The old program at work in all these tenants, at a steady pace, until it is stopped."""

    def __init__(self, database_url: str, schemas: Sequence[str], products: int, random: Random) -> None:
        super().__init__(name="old program", daemon=True)
        self.notes = Notes()
        self._writer = OldWriter(database_url, self.notes)
        self._schemas, self._products, self._random = schemas, products, random
        self._over = Event()
        self._known: list[tuple[str, int]] = []

    def stop(self) -> Notes:
        self._over.set()
        self.join()
        self._writer.close()
        return self.notes

    def run(self) -> None:
        deeds: Sequence[Callable[[], None]] = (
            self._make,
            self._make,
            self._read,
            self._read,
            self._change,
            self._count,
        )
        begun_s, number = time.monotonic(), 0
        while not self._over.is_set():
            self._writer.use(self._random.choice(self._schemas))
            try:
                deeds[number % len(deeds)]()
            except psycopg.Error as error:
                self.notes.errors.append(str(error).splitlines()[0])
            number += 1
            self._over.wait(begun_s + self.notes.statements / STATEMENTS_A_S - time.monotonic())

    def _make(self) -> None:
        schema = self._random.choice(self._schemas)
        self._writer.use(schema)
        batch = f"old-{self._random.randrange(50)}" if self._random.random() < 0.5 else None
        place = self._random.choice(("vinted", "ebay", "etsy", None))
        chance = self._random.random()
        if place in DIRECT and chance < SHARE_OF_SYNCS + SHARE_OF_PUBLISHES:
            self._leave(schema, place, batch, is_sync=chance < SHARE_OF_SYNCS)
            return
        job = self._writer.create(self._random.randint(1, self._products), batch=batch, place=place)
        self._known = [*self._known[-MOST_KNOWN:], (schema, job)]

    def _leave(self, schema: str, place: str, batch: str | None, *, is_sync: bool) -> None:
        """Make a job that is to be done."""
        product = None if is_sync else self._writer.create_product(f"Coat {self.notes.statements} of {schema}")
        job = self._writer.create(product, batch=batch, place=place, code="sync" if is_sync else "publish")
        self.notes.left[schema, job] = place
        if not is_sync:
            self.notes.published.add((schema, job))

    def _read(self) -> None:
        if self._known:
            schema, job = self._random.choice(self._known)
            self._writer.use(schema)
            self._writer.read(job)
        self._writer.look()

    def _change(self) -> None:
        if not self._known:
            return
        schema, job = self._random.choice(self._known)
        self._writer.use(schema)
        deed = self._random.choice((self._writer.cancel, self._writer.pause, self._writer.resume))
        deed(job)
        self._writer.read(job)

    def _count(self) -> None:
        self._writer.count(self._random.randint(1, 7), self._random.randint(1, 20))
