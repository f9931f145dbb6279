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

from stoflow.domain.ids import Epoch, JobId, ProcessId, TaskId, TenantId
from stoflow.storage import engine
from stoflow.storage.engine.claim import Claim, claim_look
from stoflow.storage.engine.close import close_completed, close_failed
from stoflow.storage.engine.refuse import try_params
from stoflow.storage.engine.unrecorded import InnerDone, Settled, Unrecorded

GOLDEN = Path(__file__).parents[2] / "golden" / "engine"
IS_STATEMENT = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b")
TENANT, JOB, TASK, EPOCH = TenantId(7), JobId(1), TaskId(2), Epoch(3)
DONE = InnerDone(TaskId(1), {}, "", 0.0, 0.0)
SETTLED = Settled(TaskId(1), 1, {}, 0.0)
PLAIN = Claim(
    tenant=TENANT,
    job=JOB,
    task=TASK,
    position=1,
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


def claims() -> Mapping[str, Claim]:
    """A claim with as little as it may have, with each part it may have, and with all of them."""

    parts = {
        "of no product, in the middle of a run": {"in_line": False, "begins": False},
        "the first of a run": {"in_line": False},
        "in line": {},
        "paced": {"pace_s": 1.0, "begins": False},
        "unsafe": {"is_unsafe": True, "begins": False},
        "trying whether the application is accepted": {"tries": try_params(1.0), "begins": False},
        "with inner tasks": {"unrecorded": Unrecorded((DONE,)), "begins": False},
        "with the settle before it": {"unrecorded": Unrecorded((), SETTLED), "begins": False},
    }
    every = {key: value for given in parts.values() for key, value in given.items()}
    every |= {"in_line": True, "begins": True, "unrecorded": Unrecorded((DONE,), SETTLED)}
    return {name: replace(PLAIN, **given) for name, given in (parts | {"with everything": every}).items()}


def composed() -> Iterator[tuple[str, str]]:
    for name, claim in claims().items():
        yield f"claim, {name}", claim.statement().text
    for name, tries in (("", None), (", trying whether the application is accepted", try_params(1.0))):
        look = claim_look(
            TENANT, task=TASK, claims=1, epoch=EPOCH, process=ProcessId(4), holder=None, deadline_s=1.0, tries=tries
        )
        yield f"claim of a look{name}", look.text
    for name, before in (("", Unrecorded()), (", with what went before", Unrecorded((DONE,), SETTLED))):
        yield f"close{name}", close_completed(TENANT, JOB, EPOCH, unrecorded=before, result={}).text
        failed = close_failed(
            TENANT, JOB, EPOCH, unrecorded=before, task=TASK, begun_s=0.0, reason="", kind="refused", errors=()
        )
        yield f"close of what failed{name}", failed.text


def constants() -> Iterator[tuple[str, str]]:
    """Yield each text once: a module may use what another one says."""
    said: set[str] = set()
    for found in pkgutil.walk_packages(engine.__path__, f"{engine.__name__}."):
        for name, value in sorted(vars(import_module(found.name)).items()):
            if isinstance(value, str) and name.isupper() and IS_STATEMENT.match(value) and value not in said:
                said.add(value)
                yield f"{found.name.removeprefix(engine.__name__ + '.')}.{name}", value


def sheets() -> Mapping[str, str]:
    """Return what each file should hold, by its name: the statements of one module, and those that are composed."""
    held: dict[str, list[str]] = {}
    for name, text in constants():
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


def test_no_copy_is_left_of_what_is_gone() -> None:
    assert {file.stem for file in GOLDEN.glob("*.sql")} == set(SHEETS)
