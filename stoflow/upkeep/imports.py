"""The thread of an api in which imports are done, one after the other."""

import threading
from typing import Final

from stoflow.domain.errors import DatabaseError
from stoflow.domain.facts.outages import database_failure
from stoflow.domain.facts.processes import Stumbled
from stoflow.monitoring.record import record
from stoflow.resources.imports.running import Importer

LOOK_EVERY_S: Final = 1.0
REST_S: Final = 10.0  # after a failure, which would be told each time
JOIN_S: Final = 20.0


class ImportThread:
    """Begins with the process and ends with it: an import under way is left to the next one."""

    def __init__(self, importer: Importer) -> None:
        self._importer = importer
        self._thread = threading.Thread(target=self._run, name="imports", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._importer.ending.set()
        self._thread.join(JOIN_S)

    def _run(self) -> None:
        while not self._importer.ending.wait(self._turn()):
            pass

    def _turn(self) -> float:
        """Do an import where one waits; return how many seconds to wait for the next."""
        try:
            return 0.0 if self._importer.turn() else LOOK_EVERY_S
        except DatabaseError as error:
            record(database_failure("imports", error))
        except Exception as error:  # noqa: BLE001  the thread must go on
            record(Stumbled("importing files", f"{type(error).__name__}: {error}"))
        return REST_S
