"""Asking for an import, and reading how far it is."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from stoflow.domain.errors import InputError
from stoflow.domain.files import GivenFile
from stoflow.domain.ids import TenantId
from stoflow.domain.imported import FileReading, ImportView, Rejection
from stoflow.domain.page import Page, id_in
from stoflow.resources.needs import Reads
from stoflow.resources.products.fields.mapping import parse_mapping
from stoflow.resources.products.fields.settling import existing, settle
from stoflow.resources.products.files.rows import column_names
from stoflow.storage.products import imports

CALLED = "products"


class TakesFiles(Reads, Protocol):
    """… and the folder that files wait in, and who is told of one."""

    @property
    def imports(self) -> Path: ...

    @property
    def import_asked(self) -> Callable[[], None]: ...


def start_import(needs: TakesFiles, tenant: TenantId, file: GivenFile, reading: FileReading) -> ImportView:
    """Keep a file and note that it is to be imported; raise InputError where its columns name no products, Conflict."""
    path = needs.imports / f"{tenant}-{uuid4().hex}"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("xb") as kept:
            shutil.copyfileobj(file.content, kept)
        check_columns(path, reading)
        made = imports.add_import(needs.database, tenant, path.name, reading)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    needs.import_asked()
    return made


def find_import(needs: Reads, tenant: TenantId, id_: int) -> ImportView:
    return imports.find_import(needs.database, tenant, id_)


def list_rejections(needs: Reads, tenant: TenantId, id_: int, limit: int, cursor: str | None) -> Page[Rejection]:
    """Return the rows that an import rejected so far; raise NotFound."""
    find_import(needs, tenant, id_)
    found = imports.rejections_of(needs.database, id_, after=id_in(cursor) or 0, limit=limit + 1)
    items = tuple(found[:limit])
    return Page(items, str(items[-1].id) if len(found) > limit else None)


def check_columns(path: Path, reading: FileReading) -> None:
    """Raise InputError where no products can be found by these columns."""
    try:
        names = column_names(path)
        settle(names, parse_mapping([reading.map] if reading.map else ()))
        if reading.group_by:
            existing(reading.group_by, names)
    except InputError as error:
        raise InputError(str(error).replace(str(path), CALLED), error.errors) from None
