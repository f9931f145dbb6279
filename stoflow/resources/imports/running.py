"""Doing imports: one at a time, from the beginning again where a process died over one."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from stoflow.domain.errors import DatabaseError, DatabaseRefused, InputError, PhotosUnavailable
from stoflow.domain.facts.processes import Stumbled
from stoflow.domain.ids import ProcessId, TenantId
from stoflow.domain.imported import FileReading, ImportStatus
from stoflow.domain.product import GivenProduct, NotStored, Stored
from stoflow.monitoring.record import record
from stoflow.resources.imports.asking import CALLED
from stoflow.resources.products.fields.mapping import parse_mapping
from stoflow.resources.products.file import ProductFile, ReadProduct, open_products
from stoflow.resources.products.files.rows import RejectedRow
from stoflow.resources.products.import_report import ImportReport, Lines
from stoflow.resources.products.importing import import_products
from stoflow.resources.products.media import MediaFolder
from stoflow.resources.products.photo_source import ADDRESS, Fetch, PhotoSource, RefusedPhoto
from stoflow.resources.products.stored import products_in
from stoflow.storage.database.session import Database
from stoflow.storage.products.imports import (
    ClaimedImport,
    claim_import,
    count_import,
    finish_import,
    release_import,
    waiting_imports,
)

NOT_READ = "The file could not be read to its end; give it again, or have the log looked into."


class Interrupted(Exception):
    """This process ends, or the import has become another's."""


@dataclass(frozen=True, slots=True)
class AddressedPhotos:
    """Photos at addresses only: no file of ours is a photo of theirs."""

    source: PhotoSource

    def take(self, tenant: TenantId, name: str) -> str:
        if not ADDRESS.match(name):
            raise RefusedPhoto(name, "is a file, and an import takes addresses; upload it to its product")
        return self.source.take(tenant, name)


class KeptReport(ImportReport):
    """A report of which each rejection is kept elsewhere: `unkept` are those that are not yet."""

    def __init__(self, columns: Mapping[str, Sequence[str]], tenant: TenantId) -> None:
        super().__init__(columns, lines={tenant: Lines()})
        self.unkept: list[RejectedRow] = []

    def reject(self, row: RejectedRow) -> None:
        self.rejected_rows += 1
        self.unkept.append(row)


@dataclass(slots=True)
class Importer:
    """One process's: `folder` is where files wait; whoever has the file takes the import."""

    database: Database
    folder: Path
    media: MediaFolder
    fetching: Callable[[], AbstractContextManager[Fetch]]
    process: Callable[[], ProcessId]
    ending: threading.Event = field(default_factory=threading.Event)

    def turn(self) -> bool:
        """Do the next import that waits; return whether there was one."""
        for id_, file in waiting_imports(self.database).items():
            process = self.process()
            if (self.folder / file).is_file() and (claimed := claim_import(self.database, id_, process)):
                self._do(_Import(self, claimed, process))
                return True
        return False

    def _do(self, one: "_Import") -> None:
        try:
            one.run()
            ended, reason = ImportStatus.COMPLETED, ""
        except (Interrupted, PhotosUnavailable):
            release_import(self.database, one.claimed.id, one.process)
            return
        except InputError as error:
            ended, reason = ImportStatus.FAILED, str(error).replace(str(one.path), CALLED)
        except DatabaseError as error:
            if not isinstance(error, DatabaseRefused):
                raise
            ended, reason = ImportStatus.FAILED, NOT_READ
        except Exception as error:  # noqa: BLE001  a file that nobody foresaw is not read for ever
            record(Stumbled(f"importing file {one.claimed.id}", f"{type(error).__name__}: {error}"))
            ended, reason = ImportStatus.FAILED, NOT_READ
        if finish_import(self.database, one.claimed.id, one.process, ended, reason):
            one.path.unlink(missing_ok=True)


@dataclass(slots=True)
class _Import:
    importer: Importer
    claimed: ClaimedImport
    process: ProcessId
    rows: int = 0

    @property
    def path(self) -> Path:
        return self.importer.folder / self.claimed.file

    def run(self) -> None:
        """Import the file: what an earlier try stored of it is known again, so that nothing is there twice."""
        tenant, file = self.claimed.tenant, _opened(self.path, self.claimed.reading)
        report = KeptReport(file.mapping, tenant)
        put = products_in(self.importer.database).put

        def store(
            owner: TenantId, batch: Sequence[GivenProduct], before: Mapping[int, int]
        ) -> Sequence[Stored | NotStored]:
            self._keep(report)
            return put(owner, batch, before)

        with self.importer.fetching() as fetch:
            photos = AddressedPhotos(PhotoSource(self.importer.folder, self.importer.media, fetch))
            import_products(store, [tenant], self._counted(file.items), photos=photos, report=report)
        self._keep(report)

    def _counted(self, items: Iterable[ReadProduct | RejectedRow]) -> Iterator[ReadProduct | RejectedRow]:
        for item in items:
            self.rows += 1
            yield item

    def _keep(self, report: KeptReport) -> None:
        """Say how far it is; raise Interrupted where it is not to go on here."""
        counts = {"rows": self.rows, "imported": report.imported, "rejected": report.rejected_rows}
        rejected: list[dict[str, Any]] = [asdict(row) for row in report.unkept]
        is_mine = count_import(self.importer.database, self.claimed.id, self.process, counts, rejected)
        report.unkept.clear()
        if not is_mine or self.importer.ending.is_set():
            raise Interrupted


def _opened(path: Path, reading: FileReading) -> ProductFile:
    return open_products(
        path,
        mapping=parse_mapping([reading.map] if reading.map else ()),
        group_by=reading.group_by or None,
        currency=reading.currency,
        decimal=reading.decimal,
    )
