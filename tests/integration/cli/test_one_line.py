"""Whatever is wrong around it, every command ends with one line that says what is wrong and what to do."""

import os
import re
import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click
import psycopg
import pytest
from click.testing import CliRunner, Result

from stoflow.cli.main import stoflow
from stoflow.domain.ids import TenantId
from stoflow.settings import Settings, variable_of
from stoflow.wiring import installation

INTERNALS = re.compile(
    r"user_\d|template_tenant|public\.|product_attributes|psycopg|sqlalchemy|alembic|Traceback|relation|schema \""
    r"|SELECT|INSERT|UPDATE|LINE \d|hunter2|\.py\b",
    re.IGNORECASE,
)
A_HINT = re.compile(r"`stoflow [^`]+`|STOFLOW_[A-Z_]+")
PASSWORD = "hunter2"
UNREACHABLE = f"postgresql://seller:{PASSWORD}@127.0.0.1:1/stoflow"

# What each command needs said, by the name of the parameter: a new command with a new one says it here.
GIVEN = {
    "tenant_id": "7",
    "job_id": "1",
    "act": "retry",
    "batch_id": "1",
    "email": "me@example.com",
    "platform": "Market",
    "key": "1",
    "role": "support",
    "kind": "api",
    "file": "products.csv",
    "marketplace": "ebay",
    "url": "http://127.0.0.1:1",
    "sandbox_url": "http://127.0.0.1:1",
}
ALSO_GIVEN = {
    "tenant delete": ["--yes"],
    "plugin": ["--token", "x"],
    "prune": ["--days", "90"],
    "top": ["--once", "--token", "x"],
}
WITHOUT_DATABASE = {"config", "limits", "sandbox", "plugin", "plugin-check", "top"}
WITHOUT_THEIR_TABLES = {"migrate", *(f"tenant {act}" for act in ("suspend", "resume", "role", "password", "delete"))}
MAKE_WHAT_IS_MISSING = {"demo", "up", "migrate"}


def leaves(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        if isinstance(command, click.Group):
            yield from leaves(command, f"{path}{name} ")
        else:
            yield f"{path}{name}", command


COMMANDS = dict(leaves(stoflow))
ON_THE_DATABASE = sorted(set(COMMANDS) - WITHOUT_DATABASE)
ON_WHAT_IS_THERE = sorted(set(ON_THE_DATABASE) - MAKE_WHAT_IS_MISSING)
OF_A_TENANT = sorted(
    name
    for name, command in COMMANDS.items()
    if any(parameter.name in {"tenant", "tenant_id"} for parameter in command.params)
)


def words_of(name: str, *, tenant: str = GIVEN["tenant_id"]) -> list[str]:
    """Return the command with everything that it must be given."""
    command, given = COMMANDS[name], GIVEN | {"tenant_id": tenant, "tenant": tenant}
    words = [*name.split(), *ALSO_GIVEN.get(name, [])]
    for parameter in command.params:
        is_tenant = parameter.name == "tenant_id"  # which a report may do without, and without the database then
        if parameter.required or is_tenant:
            assert parameter.name in given, f"{name} must be given {parameter.name}: add it to GIVEN"
            value = given[parameter.name]
            words += [value] if isinstance(parameter, click.Argument) else [parameter.opts[0], value]
    return words


def assert_one_line(result: Result, *codes: int) -> str:
    """Check the promise, and return the line."""
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    assert result.exit_code in (codes or (1, 2)), result.output
    assert result.stderr.count("\n") == 1, result.stderr
    assert result.stderr.startswith("Error: ")
    assert not INTERNALS.search(result.stderr), result.stderr
    assert A_HINT.search(result.stderr), result.stderr
    return result.stderr


Run = Callable[..., Result]


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command where no server is, some variables changed; None takes one away."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(installation, "PATIENCE_S", 0.0)
    (tmp_path / "products.csv").write_text("title,price,currency\nCoat,3,EUR\n")
    (tmp_path / "bare").mkdir()
    named: dict[str, str | None] = {
        "STOFLOW_HOME": str(tmp_path / "bare"),
        "STOFLOW_DATABASE_URL": UNREACHABLE,
        "STOFLOW_REDIS_URL": f"redis://:{PASSWORD}@127.0.0.1:1/0",
        "STOFLOW_EBAY_CLIENT_SECRET": PASSWORD,
    }

    def run(words: Sequence[str], **changed: str | None) -> Result:
        return CliRunner().invoke(stoflow, [*words], env=named | {variable_of(key): it for key, it in changed.items()})

    return run


@pytest.fixture
def run(bare: Run, settings: Settings) -> Run:
    """The same in this test's installation."""
    servers = {"database_url": settings.database_url, "redis_url": settings.redis_url, "home": str(settings.home)}
    return lambda words, **changed: bare(words, **servers | changed)


@pytest.mark.parametrize("name", ON_WHAT_IS_THERE)
def test_before_migrate(run: Run, name: str, empty_database_url: str) -> None:
    line = assert_one_line(run(words_of(name), database_url=empty_database_url), 1)
    assert line == "Error: The database is not prepared: run `stoflow migrate`.\n"


HALF_MADE = {
    "the shared tables are behind": "UPDATE public.alembic_version SET version_num = '20260105_0001'",
    "the template is behind": "UPDATE template_tenant.alembic_version SET version_num = '20260105_0001'",
    "the template is gone": "DROP SCHEMA template_tenant CASCADE",
    "nothing says which revision it is": "DELETE FROM public.alembic_version",
    "a table is missing": "DROP TABLE public.alembic_version CASCADE",
}


@pytest.mark.parametrize("statement", HALF_MADE.values(), ids=HALF_MADE)
@pytest.mark.parametrize("name", ["tenant list", "jobs list", "token", "api", "orchestrator", "worker"])
def test_with_a_database_that_is_half_made(run: Run, settings: Settings, name: str, statement: str) -> None:
    change(settings, statement)
    line = assert_one_line(run(words_of(name)), 1)
    assert "The database is not prepared: run `stoflow migrate`." in line


@pytest.mark.parametrize("name", ON_WHAT_IS_THERE)
def test_with_another_programs_database(run: Run, name: str, empty_database_url: str) -> None:
    with psycopg.connect(empty_database_url) as connection:
        connection.execute("CREATE TABLE public.users (id int)")
        connection.execute("CREATE TABLE public.alembic_version (version_num text)")
        connection.execute("INSERT INTO public.alembic_version VALUES ('abc')")
    assert_one_line(run(words_of(name), database_url=empty_database_url), 1)
    refused = run(["migrate"], database_url=empty_database_url)
    assert_one_line(refused, 1)
    assert "which this StoFlow does not know" in refused.stdout


def test_a_database_that_a_newer_stoflow_has_changed_is_worked_with_while_it_is_replaced(
    run: Run, settings: Settings
) -> None:
    change(settings, "UPDATE public.alembic_version SET version_num = '29990101_0001_newer'")
    assert run(["tenant", "list"]).exit_code == 0
    assert_one_line(run(["migrate"]), 1)


@pytest.mark.parametrize("name", OF_A_TENANT)
def test_with_a_tenant_that_there_is_not(run: Run, name: str) -> None:
    for number in ("99", "0", "2147483648", "9223372036854775808"):
        words = words_of(name, tenant=number) + (["--tenant", number] if name == "migrate" else [])
        line = assert_one_line(run(words), 1)
        assert line == f"Error: There is no tenant {number}: `stoflow tenant list` shows them.\n"


@pytest.mark.parametrize("name", ["", " ", "\u200b\u3164", "\udcff"], ids=ascii)
def test_with_a_name_that_nobody_can_read(run: Run, name: str) -> None:
    assert_one_line(run(["tenant", "create", "seller@example.com", "--name", name]), 2)


@pytest.mark.parametrize(
    "address", ["seller\u200b@example.com", "seller\x1b@example.com", "\udcff@example.com"], ids=ascii
)
def test_with_an_address_that_nobody_can_read(run: Run, address: str) -> None:
    result = run(["tenant", "create", address])
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert result.stderr.startswith("Error: A tenant needs an e-mail address. (email: ")


@pytest.mark.parametrize(
    "number", ["-1", "abc", " 7", "7 ", "+7", "７", "7.0", "1e3", "0x7", "1_0", "٧", "7\n", "", "9" * 5000]
)
@pytest.mark.parametrize("name", OF_A_TENANT)
def test_with_what_is_no_number(bare: Run, name: str, number: str) -> None:
    words = words_of(name, tenant=number) + (["--tenant", number] if name == "migrate" else [])
    assert len(assert_one_line(bare(words), 2)) < 200


@pytest.mark.parametrize("name", sorted(set(OF_A_TENANT) - WITHOUT_THEIR_TABLES))
@pytest.mark.parametrize(
    ("statement", "cure"),
    [
        ("DROP SCHEMA user_{tenant} CASCADE", "`stoflow tenant suspend {tenant}`"),
        (
            "UPDATE user_{tenant}.alembic_version SET version_num = '20260105_0001'",
            "`stoflow migrate --tenant {tenant}`",
        ),
    ],
    ids=["gone", "behind"],
)
def test_with_a_tenant_whose_tables_are_not_those_of_now(
    run: Run, settings: Settings, tenant: TenantId, name: str, statement: str, cure: str
) -> None:
    change(settings, statement.format(tenant=tenant))
    assert cure.format(tenant=tenant) in assert_one_line(run(words_of(name, tenant=str(tenant))), 1)


@pytest.mark.parametrize("job", ["1", "9223372036854775807", "9223372036854775808"])
@pytest.mark.parametrize("name", ["jobs show", "jobs retry", "jobs cancel"])
def test_with_a_job_that_there_is_not(run: Run, tenant: TenantId, name: str, job: str) -> None:
    line = assert_one_line(run([*name.split(), job, "--tenant", str(tenant)]), 1)
    assert line == f"Error: There is no job {job}: `stoflow jobs list --tenant {tenant}` shows them.\n"


@pytest.mark.parametrize("name", ON_THE_DATABASE)
def test_with_postgresql_away(bare: Run, name: str) -> None:
    line = assert_one_line(bare(words_of(name), database_url=UNREACHABLE), 1)
    assert "PostgreSQL at 127.0.0.1:1 is not there" in line


@pytest.mark.parametrize("name", ON_WHAT_IS_THERE)
def test_from_another_folder(bare: Run, tmp_path: Path, name: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    line = assert_one_line(bare(words_of(name), database_url=None, redis_url=None, home=str(elsewhere)), 2)
    assert f"There is no StoFlow installation in {elsewhere}" in line
    assert not elsewhere.exists()


@pytest.mark.parametrize("words", [["migrate", "--status"], ["migrate", "--tenant", "7"]])
def test_what_only_looks_makes_no_installation(bare: Run, tmp_path: Path, words: list[str]) -> None:
    assert_one_line(bare(words, database_url=None, redis_url=None, home=str(tmp_path / "elsewhere")), 2)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("name", ["token", "keys rotate", "products import", "products report"])
def test_keys_and_photos_are_not_looked_for_in_a_home_that_is_not_there(
    run: Run, tmp_path: Path, tenant: TenantId, name: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    words = words_of(name, tenant=str(tenant))
    assert_one_line(run(words, home=str(elsewhere)), 2)
    assert not elsewhere.exists()


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_with_a_misspelt_variable(bare: Run, name: str) -> None:
    line = assert_one_line(bare(words_of(name), databse_url="x"), 2)
    assert line == "Error: STOFLOW_DATABSE_URL is no setting: did you mean STOFLOW_DATABASE_URL?\n"


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_with_a_home_that_is_a_file(bare: Run, tmp_path: Path, name: str) -> None:
    line = assert_one_line(bare(words_of(name), home=str(tmp_path / "products.csv" / "home")), 2)
    assert line.startswith("Error: STOFLOW_HOME is wrong: ")


@pytest.mark.parametrize("name", ["api", "orchestrator", "worker"])
def test_with_a_redis_that_no_waiting_brings(run: Run, name: str) -> None:
    line = assert_one_line(run(words_of(name), redis_url=f"redis://:{PASSWORD}@nosuch.invalid"), 2)
    assert "Redis at nosuch.invalid:6379" in line


def test_with_a_port_that_somebody_listens_on(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        line = assert_one_line(run(["api", "--port", str(taken.getsockname()[1])]), 2)
    assert "STOFLOW_PORT" in line


@pytest.mark.parametrize("words", [["products", "import"], ["products", "report"], ["demo", "--products"]])
def test_with_a_file_that_is_none(bare: Run, tmp_path: Path, words: list[str]) -> None:
    os.mkfifo(tmp_path / "pipe")
    for file in (tmp_path / "pipe", tmp_path, tmp_path / "gone.csv", Path("/dev/null")):
        assert str(file) in assert_one_line(
            bare([*words, str(file), *(["--tenant", "7"] if "demo" not in words else [])]), 2
        )


@pytest.mark.parametrize("option", ["--nosuch", "nosuch"])
def test_with_a_word_that_no_command_knows(bare: Run, option: str) -> None:
    assert_one_line(bare([option]), 2)
    for name in COMMANDS:
        assert_one_line(bare([*words_of(name), "--nosuch"]), 2)


def change(settings: Settings, statement: str) -> None:
    with psycopg.connect(str(settings.database_url)) as connection:
        connection.execute(statement.encode())
