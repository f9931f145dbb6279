"""Every statement of the engine as PostgreSQL is given it, beside a copy in which a change is seen.

`STOFLOW_WRITE_GOLDEN=1 python -m pytest tests/unit/storage/test_statements.py` writes the copies again.
"""

import os
import pkgutil
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest

from stoflow.domain.fence import Fence
from stoflow.domain.ids import Epoch, JobId, ProcessId, TaskId, TenantId
from stoflow.domain.job import JobStatus, TaskStatus
from stoflow.storage import engine
from stoflow.storage.engine.claim import Claim, claim_look
from stoflow.storage.engine.close import Closing, close_completed, close_failed
from stoflow.storage.engine.reads.workers import ON_PRODUCT, READ_JOB
from stoflow.storage.engine.refuse import try_params
from stoflow.storage.engine.statement import bind
from stoflow.storage.engine.statement import composed as as_composed
from stoflow.storage.engine.unrecorded import InnerDone, Settled, Unrecorded

GOLDEN = Path(__file__).parents[2] / "golden" / "engine"
COMPOSED = ("claim.CLAIM", "close.CLOSE", "reads.workers.READ_JOB")
IS_STATEMENT = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b")
NAMED_STATUS = re.compile(r"\bstatus (?:=|<>) '(\w+)'")
SPOKEN_OF_PRODUCTS = ("sold",)
TENANT, JOB, TASK, EPOCH = TenantId(7), JobId(1), TaskId(2), Epoch(3)
DONE = InnerDone(TaskId(1), "map", {}, "", 0.0, 0.0)
SETTLED = Settled(TaskId(1), "upload", Fence(1), {}, 0.0)
PLAIN = Claim(
    tenant=TENANT,
    job=JOB,
    task=TASK,
    name="upload",
    claims=0,
    epoch=EPOCH,
    process=ProcessId(4),
    holder=ProcessId(4),
    marketplace="shop",
    action="publish",
    pace_s=0.0,
    deadline_s=30.0,
    marker=None,
    digest="",
)


def composed() -> Iterator[tuple[str, str]]:
    """Yield what is put together of parts: with as few as there may be, and with all of them."""
    all_before, tries = Unrecorded((DONE,), SETTLED), try_params(1.0)
    every = replace(PLAIN, pace_s=1.0, is_unsafe=True, tries=tries, unrecorded=all_before)
    yield "claim of no product, in the middle of a run", replace(PLAIN, in_line=False, begins=False).statement().text
    yield "claim, with everything", every.statement().text
    look = claim_look(
        TENANT, task=TASK, claims=1, epoch=EPOCH, process=ProcessId(4), holder=None, deadline_s=1.0, tries=tries
    )
    yield "claim of a look, trying whether the application is accepted", look.text
    yield "a job as its worker reads it", bind(as_composed(READ_JOB), TENANT).text
    yield "a job on a product as its worker reads it", bind(as_composed(READ_JOB, *ON_PRODUCT), TENANT).text
    yield "close", close_completed(Closing(TENANT, JOB, EPOCH, JobStatus.RUNNING, Unrecorded()), {}).text
    closing = Closing(TENANT, JOB, EPOCH, JobStatus.PENDING, all_before)
    failed = close_failed(closing, task=TASK, name="map", begun_s=0.0, reason="", kind="refused", errors=())
    yield "close of what failed, with what went before", failed.text


def constants() -> Mapping[str, str]:
    """Return the whole statements by module and name: parts of others, and what is composed above, are left out."""
    found = {
        f"{module.name.removeprefix(engine.__name__ + '.')}.{name}": value
        for module in pkgutil.walk_packages(engine.__path__, f"{engine.__name__}.")
        for name, value in sorted(vars(import_module(module.name)).items())
        if isinstance(value, str) and name.isupper() and IS_STATEMENT.match(value)
    }
    texts = set(found.values())
    first = {value: name for name, value in reversed(found.items())}  # a module may use what another one says
    return {
        name: value
        for name, value in found.items()
        if first[value] == name
        and not name.startswith(COMPOSED)
        and not any(value in other for other in texts if other != value)
    }


def sheets() -> Mapping[str, str]:
    """Return what each file should hold, by its name: the statements of one module, and those that are composed."""
    held: dict[str, list[str]] = {}
    for name, text in constants().items():
        module, _, constant = name.rpartition(".")
        held.setdefault(module, []).append(f"-- {constant}\n{text.strip()}\n")
    held["composed"] = [f"-- {name}\n{text.strip()}\n" for name, text in composed()]
    return {name: "\n".join(texts) for name, texts in held.items()}


SHEETS = sheets()


@pytest.mark.parametrize("name", sorted(SHEETS))
def test_a_statement_reads_as_its_copy_does(name: str) -> None:
    file = GOLDEN / f"{name}.sql"
    if os.environ.get("STOFLOW_WRITE_GOLDEN"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(SHEETS[name], encoding="utf-8")
    assert SHEETS[name] == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(SHEETS))
def test_a_status_in_a_statement_is_one_of_the_tables(name: str) -> None:
    assert set(NAMED_STATUS.findall(SHEETS[name])) <= {*JobStatus, *TaskStatus, *SPOKEN_OF_PRODUCTS}


def test_no_copy_is_left_of_what_is_gone() -> None:
    assert {file.stem for file in GOLDEN.glob("*.sql")} == set(SHEETS)
