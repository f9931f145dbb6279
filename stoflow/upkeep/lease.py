"""A process's own lease, renewed by a thread; lost, the process takes a new identity."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from stoflow.domain.errors import DatabaseError
from stoflow.domain.facts.outages import database_failure
from stoflow.domain.facts.processes import LeaseLost, ProcessDied, ProcessStarted, ProcessStopped, Stumbled
from stoflow.domain.ids import ProcessId
from stoflow.monitoring.failpoints import failpoint
from stoflow.monitoring.record import record
from stoflow.storage.database.session import Database
from stoflow.storage.engine.processes import beat, mark_dead, mark_gone_dead, read_told, register_process
from stoflow.upkeep.birth import birth, is_gone

JOIN_S = 5.0


class Lease:
    """`on_lost` is called with the new identity when this process was declared dead while it was paused, `hear` with
    what the orchestrators were told, at each beat and at the first.
    """

    def __init__(
        self,
        database: Database,
        kind: str,
        *,
        lease_s: float,
        every_s: float,
        on_lost: Callable[[ProcessId], None] = lambda _: None,
        serves: Sequence[str] | None = None,
        told: Mapping[str, Any] | None = None,
        hear: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> None:
        self._database = database
        self._kind = kind
        self._lease_s = lease_s
        self._every_s = every_s
        self._on_lost = on_lost
        self._serves = serves
        self._told = told
        self._hear = hear
        self._process: ProcessId | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease", daemon=True)

    def process(self) -> ProcessId:
        """Return the identity under which this process acts now."""
        if self._process is None:
            message = "The lease has not been started."
            raise RuntimeError(message)
        return self._process

    @property
    def is_alive(self) -> bool:
        """Whether its thread still renews it."""
        return self._thread.is_alive()

    def start(self) -> None:
        if self._process is None:
            self._process = self._register()
            self._thread.start()

    def stop(self) -> None:
        """Give the lease back, so that nobody waits for its end."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(JOIN_S)
        if self._process is not None:
            try:
                failpoint("lease.end.before")
                with self._database.records() as connection:
                    mark_dead(connection, self._process)
                failpoint("lease.end.after")
            except DatabaseError as error:
                record(database_failure("giving back a lease", error))
            record(ProcessStopped(self._kind, self._process))
            self._process = None

    def _register(self) -> ProcessId:
        born = birth()
        failpoint("lease.begin.before")
        with self._database.records() as connection:
            gone = mark_gone_dead(connection, born.machine, is_gone) if born else {}
            process = register_process(
                connection, self._kind, lease_s=self._lease_s, birth=born, serves=self._serves, told=self._told
            )
            heard = read_told(connection) if self._hear else {}
        failpoint("lease.begin.after")
        for other, kind in gone.items():
            record(ProcessDied(kind, other, "it had ended, with those who would have said so"))
        record(ProcessStarted(self._kind, process))
        self._tell(heard)
        return process

    def _run(self) -> None:
        while not self._stopping.wait(self._every_s):
            try:
                self._renew()
            except DatabaseError as error:
                record(database_failure("renewing a lease", error))
            except Exception as error:  # noqa: BLE001 - without this thread the process would live on and claim nothing
                record(Stumbled("renewing a lease", f"{type(error).__name__}: {error}"))

    def _renew(self) -> None:
        process = self.process()
        failpoint("lease.beat.before")
        with self._database.records() as connection:
            alive = beat(connection, process, lease_s=self._lease_s)
            heard = read_told(connection) if self._hear else {}
        failpoint("lease.beat.after")
        self._tell(heard)
        if not alive:
            record(LeaseLost(self._kind, process))
            self._process = self._register()
            self._on_lost(self._process)

    def _tell(self, heard: Mapping[str, Any]) -> None:
        if self._hear is not None:
            self._hear(heard)
