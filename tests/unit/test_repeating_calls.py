"""The table of what makes each call safe to repeat names every call there is, and none that is not."""

import re
from pathlib import Path

from stoflow.domain.job import TaskKind
from stoflow.marketplaces.handlers import BaseJobHandler
from stoflow.marketplaces.registry import build_registry

PAGE = Path(__file__).parents[2] / "docs" / "repeating-calls.md"
ROW = re.compile(r"^\| (\w+) \| (\w+) \| (repeatable|unsafe) \| \S", re.MULTILINE)


def test_the_table_has_a_row_for_every_task_that_calls_a_marketplace() -> None:
    handlers = build_registry(entry_points=False).handlers
    made = [
        (name, step.name, step.kind.value)
        for name, handler in handlers.items()
        if isinstance(handler, BaseJobHandler)
        for step in handler.steps
        if step.kind is not TaskKind.INNER
    ]
    assert sorted(ROW.findall(PAGE.read_text("utf-8"))) == sorted(made)
