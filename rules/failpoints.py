"""Rules about failpoints: what commits or leaves the process stands between two of them, found from the syntax tree."""

import ast
from collections.abc import Iterator
from typing import TypeGuard

from rules.source import Finding, Rule, Source, is_python

FAILPOINT = "failpoint"
# Those that hand a write on: whoever calls them stands between failpoints.
CARRIERS = frozenset({"write_in_rows", "write_settle", "write_together"})
# A transaction that only asks needs no failpoint: its death changes nothing.
READERS = (
    "absent",
    "find_",
    "is_unfinished",
    "open_commands",
    "owner_of",
    "read_",
    "take_sweep",
    "tenants_with_work",
    "view_",
)
TRANSACTIONS = frozenset({"records", "planned_records"})


def names_in(tree: ast.AST) -> Iterator[str]:
    """Yield the name of every failpoint of a module, in reading order."""
    for node in ast.walk(tree):
        name = _name_of(node)
        if name is not None:
            yield name


def between_failpoints(source: Source) -> Iterator[Finding]:
    for block in _blocks(source.tree):
        for index, statement in enumerate(block):
            site = _site_of(_heart_of(statement))
            if site is not None and not _is_between(block, index):
                yield Finding(
                    statement.lineno, f"{site} stands directly between failpoint(“x.before”) and failpoint(“x.after”)."
                )


def unlike_names(source: Source) -> Iterator[Finding]:
    """Each place has a name of its own, or its kill would be taken for another's."""
    seen: set[str] = set()
    for node in source.nodes:
        name = _name_of(node)
        if name is not None and name in seen:
            yield Finding(getattr(node, "lineno", 1), f"The failpoint {name} stands in two places.")
        if isinstance(node, ast.Call) and _called(node) == FAILPOINT and name is None:
            yield Finding(node.lineno, "A failpoint is named by a text, so that campaigns find it.")
        seen |= {name} if name else set()


def _blocks(tree: ast.Module) -> Iterator[list[ast.stmt]]:
    """Yield every list of statements outside the carriers."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef) and node.name in CARRIERS:
            continue
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list) and not (field == "body" and isinstance(node, ast.stmt) and _is_shell(node)):
                yield block
        waiting.extend(ast.iter_child_nodes(node))


def _heart_of(statement: ast.stmt) -> ast.stmt:
    """Return what a shell is around: it counts as the statement inside."""
    return _heart_of(statement.body[0]) if _is_shell(statement) else statement


def _is_shell(statement: ast.stmt) -> TypeGuard[ast.Try | ast.With]:
    """Whether it only minds the errors of one statement, as `try` and `with suppress` do."""
    match statement:
        case ast.Try(body=[_]):
            return True
        case ast.With(items=[ast.withitem(context_expr=ast.Call(func=ast.Name(id="suppress")))], body=[_]):
            return True
        case _:
            return False


def _site_of(statement: ast.stmt) -> str | None:
    """Say what of this statement itself, not of its blocks, commits or leaves the process."""
    if isinstance(statement, ast.With):
        opened = [_called(item.context_expr) for item in statement.items if isinstance(item.context_expr, ast.Call)]
        asked = [name for name in _asked_of_the_database(statement) if not name.startswith(READERS)]
        return "What commits" if TRANSACTIONS & set(opened) and asked else None
    for node in _own_nodes(statement):
        if isinstance(node, ast.Call) and _is_site(node):
            return f"A call of {_called(node)}"
    return None


def _asked_of_the_database(block: ast.With) -> Iterator[str]:
    """Yield what is called with the transaction's connection."""
    for node in ast.walk(block):
        if isinstance(node, ast.Call) and any(
            isinstance(arg, ast.Name) and arg.id == "connection" for arg in node.args
        ):
            yield _called(node)


def _own_nodes(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield the expressions of a statement, without those of functions and blocks inside it."""
    waiting = [child for child in ast.iter_child_nodes(statement) if not isinstance(child, ast.stmt)]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.stmt))


def _is_site(call: ast.Call) -> bool:
    text = ast.unparse(call.func)
    return _called(call) in CARRIERS or text.endswith(("recorder.write", "transport.send"))


def _is_between(block: list[ast.stmt], index: int) -> bool:
    before = _statement_name(block[index - 1]) if index else None
    after = _statement_name(block[index + 1]) if index + 1 < len(block) else None
    if before is None or after is None:
        return False
    return before.endswith(".before") and after == before.removesuffix("before") + "after"


def _statement_name(statement: ast.stmt) -> str | None:
    return _name_of(statement.value) if isinstance(statement, ast.Expr) else None


def _name_of(node: ast.AST) -> str | None:
    match node:
        case ast.Call(func=ast.Name(id="failpoint"), args=[ast.Constant(value=str(name))]):
            return name
        case _:
            return None


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _writes_for_jobs(source: Source) -> bool:
    return is_python(source) and source.within("stoflow/execution", "stoflow/resources/jobs", "stoflow/upkeep")


FAILPOINT_RULES = (
    Rule("between-failpoints", _writes_for_jobs, between_failpoints),
    Rule("failpoints-unlike", _writes_for_jobs, unlike_names),
)
