"""Rules about the shape of a file: its size, its name, its first line, where it stands."""

import ast
from collections.abc import Iterator

from rules.source import Finding, Rule, Source, is_product, is_python

MODULE_LINES_MAX = 300
FUNCTION_LINES_MAX = 40
NAMES_THAT_SAY_NOTHING = frozenset({"common", "helper", "helpers", "manager", "managers", "misc", "util", "utils"})
TAUGHT_FOLDERS = ("stoflow", "stoflow_sandbox", "rules", "benchmarks", "campaigns")


def module_size(source: Source) -> Iterator[Finding]:
    lines = len(source.text.splitlines())
    if lines > MODULE_LINES_MAX:
        yield Finding(1, f"The module has {lines} lines, at most {MODULE_LINES_MAX} are read.")


def function_size(source: Source) -> Iterator[Finding]:
    for node in source.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.body[0].lineno + 1
            if lines > FUNCTION_LINES_MAX:
                yield Finding(node.lineno, f"{node.name} has {lines} lines, at most {FUNCTION_LINES_MAX} are read.")


def opening_sentence(source: Source) -> Iterator[Finding]:
    if source.text.strip() and not ast.get_docstring(source.tree):
        yield Finding(1, "A module opens with one sentence that says what it is.")


def telling_name(source: Source) -> Iterator[Finding]:
    for part in (*source.path.parent.parts, source.path.stem):
        if part in NAMES_THAT_SAY_NOTHING:
            yield Finding(1, f"{part!r} says nothing; name what is in it.")


def tests_without_packages(source: Source) -> Iterator[Finding]:
    if source.path.name == "__init__.py":
        yield Finding(1, "Tests have no __init__.py: tests/http would shadow the standard library.")


SHAPE_RULES = (
    Rule("module-size", is_product, module_size),
    Rule("function-size", is_product, function_size),
    Rule("opening-sentence", lambda source: is_python(source) and source.within(*TAUGHT_FOLDERS), opening_sentence),
    Rule("telling-name", is_python, telling_name),
    Rule("tests-without-packages", lambda source: source.within("tests"), tests_without_packages),
)
