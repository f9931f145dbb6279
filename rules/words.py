"""Rules about what is written in a text: SQL, schemas, statuses, marketplaces, addresses, paths."""

import ast
import re
from collections.abc import Iterator, Mapping

from rules.source import Finding, Rule, Source, is_product
from stoflow.domain.job import JobStatus, TaskStatus
from stoflow.marketplaces.registry import BUILT_IN

SQL = re.compile(r"\s*(SELECT\s|INSERT INTO\s|UPDATE \S+ SET\s|DELETE FROM\s|WITH \w+ AS\b)")
SCHEMA_BEFORE_PLACEHOLDER = re.compile(r"\buser_$")
MARKETPLACES = tuple(place.name for place in BUILT_IN)
NAMES = re.compile("|".join(MARKETPLACES), re.IGNORECASE)
HOMES = ("stoflow/marketplaces", "stoflow_sandbox")  # each has a folder for each of them
# A marketplace is a folder and one line in each of these.
REGISTRIES = frozenset(
    {
        "stoflow/marketplaces/registry.py",
        "stoflow_sandbox/markets.py",
        "stoflow/settings.py",
        "stoflow/setting_types.py",
    }
)
NAMED_ON_PURPOSE: Mapping[str, str] = {
    "stoflow/cli/simulate/plugin_check.py": "plugins are tried where the one marketplace is that has them",
    "stoflow/domain/errors.py": "VintedError, EbayError and EtsyError are names others catch",
    "stoflow/http/sockets/events.py": "events of the plugin's socket carry Vinted's name, and plugins are out there",
    "stoflow/http/sockets/told.py": "pages are told of the plugin by the name of its first marketplace",
    "stoflow/marketplaces/__init__.py": "the names of the time when it was the only one, which older code calls",
    "stoflow/marketplaces/older_names.py": "the names of the time when it was the only one, which older code calls",
    "stoflow/marketplaces/older_words.py": "the marketplace that is meant where older code names none",
    "stoflow/resources/events/wording.py": "pages are told of the plugin by the name of its first marketplace",
    "stoflow/marketplaces/vocabulary/catalogues.py": "the id is a column of brands that forms are offered",
    "stoflow/marketplaces/vocabulary/categories.py": "sellers' files name it by Vinted's id, wherever they sell",
    "stoflow/testing/built_in.py": "what the contract suite is told of each, as a package tells it of its own",
}
"""What may name a marketplace all the same, and why."""
ROOMS_OF_JOBS = ("actors", "cli", "execution", "http", "resources", "upkeep", "worker")
STATUSES = frozenset([*JobStatus, *TaskStatus])
# Brackets keep these patterns from finding themselves.
REGISTRY = re.compile(r"py[p]i\.org|pythonhoste[d]\.org|registry\.npm[j]s|npm[m]irror|simple[/]?\s*--trusted-host")
MACHINE_PATH = re.compile(r"(?<![\w.$}~-])/(?:wor[k]/|home/\w+/|Users/\w+/|opt/p[y]pi|root/)")


def sql_in_storage(source: Source) -> Iterator[Finding]:
    for node in source.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value):
            yield Finding(node.lineno, "SQL is written in storage/ only.")


def schema_name_in_storage(source: Source) -> Iterator[Finding]:
    for node in source.nodes:
        if isinstance(node, ast.JoinedStr):
            for part, following in zip(node.values, node.values[1:], strict=False):
                text = part.value if isinstance(part, ast.Constant) else ""
                if SCHEMA_BEFORE_PLACEHOLDER.search(str(text)) and isinstance(following, ast.FormattedValue):
                    yield Finding(node.lineno, "The schema of a tenant is named in storage/ only.")


def status_by_name(source: Source) -> Iterator[Finding]:
    for node in source.nodes:
        for name, value in _named_values(node):
            if name.endswith("status") and isinstance(value, ast.Constant) and value.value in STATUSES:
                yield Finding(value.lineno, f"Write the member of JobStatus or TaskStatus, not {value.value!r}.")


def _named_values(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    match node:
        case ast.Assign(targets=[target], value=value):
            yield ast.unparse(target), value
        case ast.keyword(arg=str(name), value=value):
            yield name, value
        case ast.Compare(left=left, comparators=[right]):
            yield ast.unparse(left), right
            yield ast.unparse(right), left
        case _:
            return


def marketplaces_in_their_folders(source: Source) -> Iterator[Finding]:
    for number, line in enumerate(source.text.splitlines(), 1):
        for name in NAMES.findall(line):
            if not source.within(*(f"{home}/{name.lower()}" for home in HOMES)):
                yield Finding(number, f"{name!r} is named in its own folders, the registries and the settings only.")


def no_addresses(source: Source) -> Iterator[Finding]:
    for number, line in enumerate(source.text.splitlines(), 1):
        if REGISTRY.search(line):
            yield Finding(number, "Where packages come from is the machine's own setting.")


def no_machine_paths(source: Source) -> Iterator[Finding]:
    for number, line in enumerate(source.text.splitlines(), 1):
        if MACHINE_PATH.search(line):
            yield Finding(number, "A path of one machine.")


# What each retired word is called now; the glossary has the words that hold.
RETIRED: Mapping[str, str] = {
    "reign": "ownership term",
    "bury": "mark_dead",
    "surroundings": "context",
    "shelf": "products, store",
    "unheard": "unconfirmed claim",
    "let_go": "release",
    "stray": "orphan draft",
    "strays": "orphan drafts",
    "tab": "browser",
    "theatre": "harness",
    "conductor": "inline orchestrator",
}
RETIRED_WORD = re.compile(rf"\b_?({'|'.join(RETIRED)})(?:_\w+)?\b", re.IGNORECASE)


def no_retired_words(source: Source) -> Iterator[Finding]:
    """Names only: what is data, such as a column, and what is told in sentences may stand."""
    for node in source.nodes:
        for name in _names_of(node):
            if found := RETIRED_WORD.fullmatch(name):
                yield Finding(getattr(node, "lineno", 1), f"{name!r}: say {RETIRED[found[1].lower()]}.")


def _names_of(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.arg(arg=name) | ast.Name(id=name):
            yield name
        case ast.Attribute(attr=name):
            yield name
        case ast.ImportFrom(module=str(module), names=names):
            yield from module.split(".")
            yield from (each.name for each in names)
        case _:
            return


def _outside_storage(source: Source) -> bool:
    return is_product(source) and not source.within("stoflow/storage", "stoflow/migrations", "stoflow/testing")


def _names_no_schema(source: Source) -> bool:
    """The sockets' rooms are called like schemas, by the public interface."""
    return _outside_storage(source) and not source.within("stoflow/http")


def _speaks_of_jobs(source: Source) -> bool:
    return is_product(source) and source.within(*(f"stoflow/{room}" for room in ROOMS_OF_JOBS))


def _serves_every_marketplace(source: Source) -> bool:
    """Migrations are records of their day."""
    may_name = str(source.path) in REGISTRIES | NAMED_ON_PURPOSE.keys()
    return is_product(source) and not may_name and not source.within("stoflow/migrations")


WORD_RULES = (
    Rule("sql-in-storage", _outside_storage, sql_in_storage),
    Rule("schema-name-in-storage", _names_no_schema, schema_name_in_storage),
    Rule("status-by-name", _speaks_of_jobs, status_by_name),
    Rule("marketplaces-in-their-folders", _serves_every_marketplace, marketplaces_in_their_folders),
    Rule("no-retired-words", is_product, no_retired_words),
    Rule("no-addresses", lambda _: True, no_addresses),
    Rule("no-machine-paths", lambda _: True, no_machine_paths),
)
