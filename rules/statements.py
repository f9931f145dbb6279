"""Rules about SQL, which is code too: its length, where its lists of statuses come from, and where its rows end."""

import ast
import re
from collections.abc import Iterator
from typing import TypeGuard

from rules.source import Finding, Rule, Source, is_product
from stoflow.domain.job import JobStatus, TaskStatus

STATEMENT_LINES_MAX = 40
STATUS_LIST = re.compile(rf"\bIN\s*\(\s*'(?:{'|'.join([*JobStatus, *TaskStatus])})'")

HOLDS_ROWS = re.compile(r"(?:Connection|Cursor)\[DictRow\]|Callable\[\[DictRow[^\]]*\]")
"""What a row can be got from, or made a value of."""
RUN_ANYTHING = frozenset(
    {"execute", "fetchone", "fetchall"}
)  # for the modules beside it, which know what they asked for


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


def rows_end_in_storage(source: Source) -> Iterator[Finding]:
    for node in source.nodes:
        if isinstance(node, ast.ImportFrom) and node.module == "psycopg.rows":
            yield Finding(node.lineno, "Rows end in storage/: what is read leaves it as a value.")


def rows_leave_as_values(source: Source) -> Iterator[Finding]:
    for function in _functions_for_others(source.tree):
        answer = HOLDS_ROWS.sub("", ast.unparse(function.returns)) if function.returns else ""
        if "DictRow" in answer:
            yield Finding(function.lineno, f"{function.name} returns a row; return a value that names what is in it.")


def _functions_for_others(holder: ast.Module | ast.ClassDef) -> Iterator[ast.FunctionDef]:
    for node in holder.body:
        if isinstance(node, ast.ClassDef):
            yield from _functions_for_others(node)
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and node.name not in RUN_ANYTHING:
            yield node


def _texts(source: Source) -> Iterator[ast.Constant | ast.JoinedStr]:
    """Yield whole texts: of one with placeholders, not its pieces."""
    pieces = {piece for node in source.nodes if isinstance(node, ast.JoinedStr) for piece in node.values}
    for node in source.nodes:
        if node not in pieces and (isinstance(node, ast.JoinedStr) or _is_text(node)):
            yield node


def _is_text(node: ast.AST) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _above_storage(source: Source) -> bool:
    return is_product(source) and not source.within("stoflow/storage", "stoflow/migrations")


def _in_storage(source: Source) -> bool:
    return is_product(source) and source.within("stoflow/storage")


STATEMENT_RULES = (
    Rule("statement-size", _in_storage, statement_size),
    Rule("statuses-from-tables", _in_storage, statuses_from_tables),
    Rule("rows-end-in-storage", _above_storage, rows_end_in_storage),
    Rule("rows-leave-as-values", _in_storage, rows_leave_as_values),
)
