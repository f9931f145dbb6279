"""Rules about who may call what."""

import ast
from collections.abc import Callable, Iterator

from rules.source import Finding, Rule, Source, is_product, is_python

SESSION_MODULE = "stoflow/storage/database/session.py"
SLEEPS = frozenset({"time.sleep", "sleep", "asyncio.sleep", "anyio.sleep"})
MARKETPLACES = ("stoflow", "marketplaces")
CLIENTS = "clients"
ASKING = frozenset({"Request", "call_http", "ask_http"})
CLOCKS = frozenset({"time.time", "time.time_ns"})
DATES = frozenset({"datetime.now", "datetime.utcnow", "datetime.datetime.now"})
SANDBOX_CLOCK = "stoflow_sandbox/clock.py"
OUTSIDE_THE_SANDBOX = ("stoflow_sandbox/plugin.py", "stoflow_sandbox/vinted/conformance")
"""What goes by the machine's clock: a seller's plugin is a program of its own, and so is what tries one."""
OUTPUT_MODULE = "stoflow/cli/output.py"
PRINTS = frozenset({"click.echo", "click.secho", "print", "sys.stdout.write", "sys.stderr.write"})
ASYNC_FACADE = "stoflow/marketplaces/processor.py"  # keeps the legacy `await`, which only wraps a thread


def _calls_of_method(source: Source, name: str) -> Iterator[ast.Call]:
    for node in source.nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == name:
            yield node


def _never_calls(method: str, reason: str) -> Callable[[Source], Iterator[Finding]]:
    def check(source: Source) -> Iterator[Finding]:
        return (Finding(call.lineno, reason) for call in _calls_of_method(source, method))

    return check


def ask_with_timeout(source: Source) -> Iterator[Finding]:
    for call in _calls_of_method(source, "ask"):
        if not any(keyword.arg == "timeout" for keyword in call.keywords):
            yield Finding(call.lineno, "An .ask( without timeout= can block for ever.")


def tests_wait_on_signals(source: Source) -> Iterator[Finding]:
    for node in source.nodes:
        if isinstance(node, ast.Call) and ast.unparse(node.func) in SLEEPS and not _only_lets_others_run(node):
            yield Finding(node.lineno, "A test waits on a signal, never on a sleep.")


def _only_lets_others_run(sleep: ast.Call) -> bool:
    return [ast.unparse(argument) for argument in sleep.args] == ["0"]


def async_only_in_doors(source: Source) -> Iterator[Finding]:
    for node in source.nodes:
        if isinstance(node, ast.AsyncFunctionDef):
            yield Finding(node.lineno, f"{node.name} is async; only http/ and the sandbox are.")


def terminal_through_output(source: Source) -> Iterator[Finding]:
    for node in source.nodes:
        if isinstance(node, ast.Call) and ast.unparse(node.func) in PRINTS:
            yield Finding(node.lineno, f"What reaches the terminal goes through {OUTPUT_MODULE}, which makes it safe.")


def durations_by_monotonic_time(source: Source) -> Iterator[Finding]:
    for node in source.nodes:
        if isinstance(node, ast.Call | ast.BinOp) and _measures_by_the_clock(node):
            yield Finding(node.lineno, "A clock may be set back: how long something takes is told by time.monotonic().")


def _measures_by_the_clock(node: ast.Call | ast.BinOp) -> bool:
    """Days of the calendar are no measure of time."""
    if isinstance(node, ast.Call):
        return ast.unparse(node.func) in CLOCKS
    return any(map(_reads_the_date, (node.left, node.right))) and "days=" not in ast.unparse(node)


def _reads_the_date(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) in DATES


def sandbox_by_its_clock(source: Source) -> Iterator[Finding]:
    for node in source.nodes:
        if isinstance(node, ast.Attribute) and ast.unparse(node) in CLOCKS | DATES:
            yield Finding(node.lineno, f"A sandbox lives at the time of its options' clock; see {SANDBOX_CLOCK}.")


def requests_in_clients(source: Source) -> Iterator[Finding]:
    for node in source.nodes:
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ASKING:
            yield Finding(node.lineno, f"A marketplace's requests are made in its {CLIENTS}/ only.")


def _outside_clients(source: Source) -> bool:
    """Whether it stands in a marketplace's own folder, where only the clients know paths and parameters."""
    folders = source.path.parent.parts
    is_of_one = folders[:2] == MARKETPLACES and len(folders) > len(MARKETPLACES)
    return is_product(source) and is_of_one and CLIENTS not in folders


def _measures(source: Source) -> bool:
    """Simulated marketplaces tell the time of day, as the real ones do."""
    return is_product(source) and not source.within("stoflow_sandbox")


def _in_sandbox(source: Source) -> bool:
    return (
        is_python(source)
        and source.within("stoflow_sandbox")
        and not source.within(SANDBOX_CLOCK, *OUTSIDE_THE_SANDBOX)
    )


def _outside_output(source: Source) -> bool:
    return is_product(source) and str(source.path) != OUTPUT_MODULE


def _outside_session(source: Source) -> bool:
    return is_product(source) and str(source.path) != SESSION_MODULE


def _may_hold_actors(source: Source) -> bool:
    """An `ask` of a test's own client is no question to an actor."""
    return is_product(source) or (is_python(source) and "pykka" in source.text)


def _outside_doors(source: Source) -> bool:
    return is_product(source) and not source.within("stoflow/http", "stoflow_sandbox", ASYNC_FACADE)


CALL_RULES = (
    Rule("one-commit", _outside_session, _never_calls("commit", f"Only {SESSION_MODULE} commits.")),
    Rule("ask-with-timeout", _may_hold_actors, ask_with_timeout),
    Rule(
        "stack-is-one-list",
        is_product,
        _never_calls("add_middleware", "Middleware is one literal list, in reading order."),
    ),
    Rule("tests-wait-on-signals", lambda source: is_python(source) and source.within("tests"), tests_wait_on_signals),
    Rule("async-only-in-doors", _outside_doors, async_only_in_doors),
    Rule("terminal-through-output", _outside_output, terminal_through_output),
    Rule("durations-by-monotonic-time", _measures, durations_by_monotonic_time),
    Rule("sandbox-by-its-clock", _in_sandbox, sandbox_by_its_clock),
    Rule("requests-in-clients", _outside_clients, requests_in_clients),
)
