"""Rules about SQL, which is code too: its length, and where its lists of statuses come from."""

import ast
import re
from collections.abc import Iterator
from typing import TypeGuard

from rules.source import Finding, Rule, Source, is_product
from stoflow.domain.job import JobStatus, TaskStatus

STATEMENT_LINES_MAX = 40
STATUS_LIST = re.compile(rf"\bIN\s*\(\s*'(?:{'|'.join([*JobStatus, *TaskStatus])})'")


def statement_size(source: Source) -> Iterator[Finding]:
    """Named parts, each with its reason, count for themselves."""
    for node in _texts(source):
        lines = len((ast.get_source_segment(source.text, node) or "").strip("f\"'\n").splitlines())
        if lines > STATEMENT_LINES_MAX:
            yield Finding(node.lineno, f"A statement has {lines} lines, at most {STATEMENT_LINES_MAX} are read.")


def statuses_from_tables(source: Source) -> Iterator[Finding]:
    for node in source.nodes:
        if _is_text(node) and STATUS_LIST.search(str(node.value)):
            yield Finding(
                node.lineno, "A list of statuses is made from the tables of stoflow/domain/job.py, by one_of."
            )


def _texts(source: Source) -> Iterator[ast.Constant | ast.JoinedStr]:
    """Yield whole texts: of one with placeholders, not its pieces."""
    pieces = {piece for node in source.nodes if isinstance(node, ast.JoinedStr) for piece in node.values}
    for node in source.nodes:
        if node not in pieces and (isinstance(node, ast.JoinedStr) or _is_text(node)):
            yield node


def _is_text(node: ast.AST) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _in_storage(source: Source) -> bool:
    return is_product(source) and source.within("stoflow/storage")


STATEMENT_RULES = (
    Rule("statement-size", _in_storage, statement_size),
    Rule("statuses-from-tables", _in_storage, statuses_from_tables),
)
