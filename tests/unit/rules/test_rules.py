"""Each of our own rules finds what it is for, and leaves the right way alone."""

from pathlib import Path, PurePosixPath

import pytest

from rules.__main__ import RULES, findings, tracked_sources
from rules.source import Source
from rules.words import NAMED_ON_PURPOSE, NAMES

ROOT = Path(__file__).parents[3]
DOC = '"""A module."""\n'
LONG_FUNCTION = "def f():\n" + "    x = 1\n" * 41
COLUMNS = "  a,\n" * 39  # of a statement that has two lines more

WRONG = [
    ("module-size", "stoflow/execution/run.py", DOC + "x = 1\n" * 300),
    ("function-size", "stoflow/execution/run.py", DOC + LONG_FUNCTION),
    ("opening-sentence", "stoflow/execution/run.py", "x = 1\n"),
    ("opening-sentence", "rules/more.py", "x = 1\n"),
    ("telling-name", "stoflow/execution/utils.py", DOC),
    ("telling-name", "tests/common/test_it.py", DOC),
    ("tests-without-packages", "tests/http/__init__.py", ""),
    ("one-commit", "stoflow/execution/run.py", DOC + "session.commit()\n"),
    ("one-commit", "stoflow/storage/database/tables.py", DOC + "self.connection.commit()\n"),
    ("ask-with-timeout", "stoflow/actors/system.py", DOC + "ref.ask(message)\n"),
    ("ask-with-timeout", "tests/unit/test_actors.py", "import pykka\n\nref.ask(message, block=True)\n"),
    ("stack-is-one-list", "stoflow/http/app.py", DOC + "app.add_middleware(Tenancy)\n"),
    ("tests-wait-on-signals", "tests/unit/test_x.py", "import time\ntime.sleep(1)\n"),
    ("tests-wait-on-signals", "tests/unit/test_x.py", "async def t():\n    await asyncio.sleep(0.1)\n"),
    ("async-only-in-doors", "stoflow/execution/run.py", DOC + "async def run():\n    return 1\n"),
    ("durations-by-monotonic-time", "stoflow/execution/run.py", DOC + "until = time.time() + 5\n"),
    ("durations-by-monotonic-time", "stoflow/execution/run.py", DOC + "took = (datetime.now(UTC) - begun).seconds\n"),
    ("durations-by-monotonic-time", "stoflow/execution/run.py", DOC + "until = datetime.now(UTC) + PATIENCE\n"),
    ("sandbox-by-its-clock", "stoflow_sandbox/ebay/people.py", DOC + "sold_at = time.time()\n"),
    (
        "sandbox-by-its-clock",
        "stoflow_sandbox/vinted/wardrobe.py",
        DOC + "made: float = field(default_factory=time.time)\n",
    ),
    ("sandbox-by-its-clock", "stoflow_sandbox/ebay/account.py", DOC + "expires = datetime.now(UTC) + DAY\n"),
    ("requests-in-clients", "stoflow/marketplaces/ebay/a.py", DOC + 'r = Request("GET", "/offer")\n'),
    ("requests-in-clients", "stoflow/marketplaces/etsy/a.py", DOC + 'r = call.Request("GET", "/listings")\n'),
    ("terminal-through-output", "stoflow/cli/work/products.py", DOC + "click.echo(row.reason)\n"),
    ("terminal-through-output", "stoflow_sandbox/judge.py", DOC + "print(title)\n"),
    ("sql-in-storage", "stoflow/execution/run.py", DOC + 'q = "SELECT 1"\n'),
    ("sql-in-storage", "stoflow/http/app.py", DOC + 'q = """\n    UPDATE jobs SET x = 1\n"""\n'),
    ("statement-size", "stoflow/storage/x.py", DOC + f'READ = """\nSELECT\n{COLUMNS}FROM t\n"""\n'),
    ("statement-size", "stoflow/storage/x.py", DOC + f'READ = f"""\nSELECT\n{COLUMNS}FROM {{t}}\n"""\n'),
    ("statement-size", "stoflow/storage/x.py", DOC + f'PARTS = (("mark", """SELECT\n{COLUMNS}FROM t"""),)\n'),
    ("statuses-from-tables", "stoflow/storage/x.py", DOC + "READ = \"SELECT id FROM j WHERE status IN ('pending')\"\n"),
    (
        "statuses-from-tables",
        "stoflow/storage/x.py",
        DOC + "READ = f\"SELECT id FROM {s}.t WHERE status NOT IN ('completed', 'skipped')\"\n",
    ),
    ("rows-end-in-storage", "stoflow/execution/run.py", DOC + "from psycopg.rows import DictRow\n"),
    ("rows-leave-as-values", "stoflow/storage/x.py", DOC + "def view(c: Connection[DictRow]) -> DictRow | None: ...\n"),
    ("rows-leave-as-values", "stoflow/storage/x.py", DOC + "class X:\n    def view(self) -> list[DictRow]: ...\n"),
    ("schema-name-in-storage", "stoflow/execution/run.py", DOC + 's = f"user_{tenant}"\n'),
    ("schema-name-in-storage", "stoflow/actors/a.py", DOC + 's = f"{x} user_{tenant}.products"\n'),
    ("status-by-name", "stoflow/execution/run.py", DOC + 'job.status = "running"\n'),
    ("status-by-name", "stoflow/http/app.py", DOC + 'show(status="pending")\n'),
    ("status-by-name", "stoflow/cli/work/jobs.py", DOC + 'if "failed" == row.status:\n    x = 1\n'),
    ("marketplaces-in-their-folders", "stoflow/actors/a.py", DOC + 'if name == "vinted":\n    x = 1\n'),
    (
        "marketplaces-in-their-folders",
        "stoflow/cli/simulate/demo.py",
        DOC + "from stoflow_sandbox.ebay.shop import Shop\n",
    ),
    ("marketplaces-in-their-folders", "stoflow/marketplaces/etsy/a.py", '"""As Vinted does."""\n'),
    ("no-retired-words", "stoflow/execution/run.py", DOC + "def bury(process):\n    return process\n"),
    ("no-retired-words", "stoflow/execution/run.py", DOC + "from stoflow.actors.surroundings import Surroundings\n"),
    ("no-retired-words", "stoflow/execution/run.py", DOC + "engine.let_go_claim(1)\n"),
    ("between-failpoints", "stoflow/execution/run.py", DOC + "engine.recorder.write(1)\n"),
    (
        "between-failpoints",
        "stoflow/execution/run.py",
        DOC + 'failpoint("a.before")\nreply = self.transport.send(call)\n',
    ),
    (
        "between-failpoints",
        "stoflow/execution/x.py",
        DOC + 'failpoint("a.before")\nwrite_settle(1)\nfailpoint("b.after")\n',
    ),
    ("between-failpoints", "stoflow/execution/x.py", DOC + "def f():\n    if write_settle(1)[0]:\n        return 1\n"),
    (
        "between-failpoints",
        "stoflow/execution/x.py",
        DOC + "with database.records() as connection:\n    retry(connection)\n",
    ),
    ("between-failpoints", "stoflow/execution/x.py", DOC + "try:\n    write_settle(1)\nexcept E:\n    raise\n"),
    ("failpoints-unlike", "stoflow/execution/x.py", DOC + 'failpoint("a.before")\nfailpoint("a.before")\n'),
    ("failpoints-unlike", "stoflow/execution/x.py", DOC + "failpoint(name)\n"),
    ("no-addresses", ".ci/run", "pip install --index-url https://" + "py" + "pi.org/simple\n"),
    ("no-machine-paths", "docs/x.md", "see /home/" + "ann/stoflow\n"),
    ("no-machine-paths", "tests/unit/test_x.py", 'p = "/wor' + 'k/shared"\n'),
]

RIGHT = [
    ("stoflow/execution/x.py", DOC + 'failpoint("a.before")\nrows = write_settle(1)\nfailpoint("a.after")\n'),
    (
        "stoflow/execution/x.py",
        DOC + 'failpoint("a.before")\ntry:\n    write_settle(1)\nexcept E:\n    raise\nfailpoint("a.after")\n',
    ),
    ("stoflow/execution/x.py", DOC + "def write_settle(engine):\n    return engine.recorder.write(1)\n"),
    ("stoflow/execution/x.py", DOC + "with database.records() as connection:\n    job = read_job(connection, 1)\n"),
    ("stoflow/execution/run.py", DOC + "x = 1\n" * 299),
    ("stoflow/execution/run.py", DOC + LONG_FUNCTION.removesuffix("    x = 1\n")),
    ("stoflow/migrations/versions/2026_long.py", DOC + "x = 1\n" * 900),
    ("stoflow/storage/database/session.py", DOC + "connection.commit()\n"),
    ("stoflow/storage/database/tables.py", DOC + 's = f"user_{int(tenant)}"\nq = "SELECT 1"\nstatus = "pending"\n'),
    ("stoflow/storage/x.py", DOC + f'READ = """\n{COLUMNS}FROM t\n"""\n'),
    ("stoflow/storage/x.py", DOC + f'READ = f"""\n{COLUMNS}{{PART}}\n"""\nPART = """\n{COLUMNS}\n"""\n'),
    ("stoflow/storage/x.py", DOC + "READ = f\"WHERE status IN {UNFINISHED} AND state IN ('for_sale')\"\n"),
    (
        "stoflow/storage/x.py",
        DOC + "def _row() -> DictRow: ...\n\n\ndef on(self) -> RawCursor[DictRow]: ...\n\n\ndef view() -> Job: ...\n",
    ),
    ("stoflow/http/rooms.py", DOC + 'room = f"user_{tenant}"\n\n\nasync def join():\n    return room\n'),
    ("stoflow/actors/system.py", DOC + "ref.ask(message, timeout=1)\n"),
    ("tests/integration/http/test_routes.py", 'client.ask("GET", "/api/jobs")\n'),
    ("stoflow/execution/run.py", DOC + 'job.status = JobStatus.RUNNING\nnote = "Select a product, then update it."\n'),
    ("stoflow/marketplaces/ebay/__init__.py", DOC + 'NAME = "ebay"\n'),
    ("stoflow/marketplaces/ebay/clients/offer.py", DOC + 'r = Request("GET", "/offer")\n'),
    ("stoflow/marketplaces/ebay/a.py", DOC + 'r = get_offer("8")\n'),
    ("stoflow/marketplaces/shops.py", DOC + 'r = Request("GET", "/offer")\n'),
    ("stoflow_sandbox/plugin.py", DOC + "wall = time.time\n"),
    ("stoflow/http/__init__.py", ""),
    ("tests/unit/test_x.py", "async def t():\n    await asyncio.sleep(0)\n"),
    ("Makefile", "demo:\n\t$(BIN)/stoflow demo > ./work/out\n"),
]


def names_found(path: str, text: str) -> set[str]:
    return {finding.split(": ")[1] for finding in findings([Source(PurePosixPath(path), text)])}


@pytest.mark.parametrize(("rule", "path", "text"), WRONG)
def test_a_rule_finds_what_it_is_for(rule: str, path: str, text: str) -> None:
    assert names_found(path, text) == {rule}


@pytest.mark.parametrize(("path", "text"), RIGHT)
def test_the_right_way_is_left_alone(path: str, text: str) -> None:
    assert names_found(path, text) == set()


def test_every_rule_has_an_example_that_it_finds() -> None:
    assert {rule.name for rule in RULES} == {name for name, _, _ in WRONG}


@pytest.mark.parametrize("path", NAMED_ON_PURPOSE)
def test_what_may_name_a_marketplace_does(path: str) -> None:
    assert NAMES.search((ROOT / path).read_text("utf-8"))


def test_a_finding_says_where_and_why() -> None:
    source = Source(PurePosixPath("stoflow/execution/run.py"), DOC + "session.commit()\n")
    assert list(findings([source])) == [
        "stoflow/execution/run.py:2: one-commit: Only stoflow/storage/database/session.py commits."
    ]


def test_the_files_of_the_repository_are_read() -> None:
    paths = {str(source.path) for source in tracked_sources(ROOT)}
    assert {"Makefile", "rules/__main__.py", "stoflow/domain/job.py"} <= paths
