"""The examples of docs/testing.md, as they stand there: one that has become wrong fails here, at its line."""

import re
from pathlib import Path
from typing import Any

DOCUMENT = Path(__file__).parents[3] / "docs" / "testing.md"
EXAMPLE = re.compile(r"(?<=```python\n).*?(?=```)", re.DOTALL)
FOR_CONFTEST = "from stoflow.testing.fixtures import"  # conftest.py has that here


def _with_tests_of(document: Path) -> None:
    """Let the tests of all its examples be this module's. Each example stands in a file of its own, as its reader types it."""
    text = document.read_text("utf-8")
    for example in (found for found in EXAMPLE.finditer(text) if not found[0].startswith(FOR_CONFTEST)):
        lines_before = "\n" * text.count("\n", 0, example.start())
        own: dict[str, Any] = {"__name__": __name__}
        exec(compile(lines_before + example[0], str(document), "exec"), own)  # noqa: S102 - the documentation is ours
        globals().update({name: each for name, each in own.items() if name.startswith(("test_", "Test"))})


_with_tests_of(DOCUMENT)
