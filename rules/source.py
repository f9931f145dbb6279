"""What a rule reads and what it returns."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath


@dataclass(frozen=True)
class Source:
    """One tracked file; `path` is relative to the root of the repository."""

    path: PurePosixPath
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        return tuple(ast.walk(self.tree))

    def within(self, *folders: str) -> bool:
        return any(self.path.is_relative_to(folder) for folder in folders)


@dataclass(frozen=True, slots=True)
class Finding:
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Rule:
    """`check` is asked about each file for which `applies` holds."""

    name: str
    applies: Callable[[Source], bool]
    check: Callable[[Source], Iterator[Finding]]


def is_python(source: Source) -> bool:
    return source.path.suffix == ".py"


def is_product(source: Source) -> bool:
    """Migrations are exempt: each is a record of one day, never changed again."""
    return (
        is_python(source)
        and source.within("stoflow", "stoflow_sandbox")
        and not source.within("stoflow/migrations/versions")
    )
