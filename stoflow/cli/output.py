"""What commands print: one JSON document, or one line that says what is wrong."""

import errno
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import click
from click.exceptions import NoArgsIsHelpError

from stoflow.domain.errors import (
    ConfigurationError,
    DatabaseMisnamed,
    DatabaseNotPrepared,
    DatabaseRefused,
    InputError,
    StoflowError,
)
from stoflow.domain.printable import json_safe, on_one_line, printable
from stoflow.variables import SettingsError

REFUSED = "PostgreSQL refused a statement, and its log says which: `stoflow migrate --status` shows what is behind."

Command = TypeVar("Command", bound=Callable[..., Any])


class WorkFailed(click.ClickException):
    """Ends the command with one line on standard error and exit code 1."""

    exit_code = 1

    def __init__(self, message: str) -> None:
        super().__init__(on_one_line(message))


class WrongUsage(WorkFailed):
    """The same for a wrong argument, file or setting, with exit code 2."""

    exit_code = 2


class StoflowGroup(click.Group):
    """Turns StoFlow's own errors into one line and an exit code, for every command below it."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  the signature is click's
        """Return the commands in the order of their list, not of the alphabet."""
        return list(self.commands)

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        with one_line():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> object:
        with one_line():
            return super().invoke(ctx)


@contextmanager
def one_line() -> Iterator[None]:
    """End with one line whatever may happen to somebody who did nothing unforeseen; a mistake of ours stays one."""
    try:
        yield
    except NoArgsIsHelpError:
        raise
    except click.UsageError as error:
        raise WrongUsage(_usage(error)) from error
    except (SettingsError, ConfigurationError, InputError, DatabaseMisnamed) as error:
        raise WrongUsage(worded(error)) from error
    except StoflowError as error:
        raise WorkFailed(worded(error)) from error
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise  # nobody reads on, which click ends quietly
        raise WorkFailed(_of_the_system(error)) from error


def json_option(command: Command) -> Command:
    """Give a listing command its `--json`, passed as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(command)


def say(text: str, *, err: bool = False) -> None:
    """Print on standard output, or on standard error, with nothing in it that could steer a terminal."""
    click.echo(printable(text), err=err)


def print_json(document: object) -> None:
    click.echo(json_safe(json.dumps(document, default=_plain, ensure_ascii=False, indent=2)))


def print_json_list(items: Iterable[object]) -> None:
    """Print one JSON array, an item to a line, each as it comes."""
    begun = False
    for item in items:
        written = json_safe(json.dumps(item, default=_plain, ensure_ascii=False))
        click.echo(f"{',' if begun else '['}\n{written}", nl=False)
        begun = True
    click.echo("\n]" if begun else "[]")


def worded(error: Exception) -> str:
    """Return the error and, for bad input, the reason of each field."""
    if isinstance(error, DatabaseRefused) and not isinstance(error, DatabaseNotPrepared):
        return REFUSED  # its own words name tables
    return error.told if isinstance(error, InputError) else str(error)


def _usage(error: click.UsageError) -> str:
    command = error.ctx.command_path if error.ctx else "stoflow"
    return f"{error.format_message().rstrip('.')}: `{command} --help` says more."


def _of_the_system(error: OSError) -> str:
    """Say what the system has against it, and where, with the settings that places come from."""
    reason = error.strerror or str(error) or type(error).__name__
    at = f"{error.filename}: " if error.filename else ""
    return f"{at}{reason}: see whether the path, or STOFLOW_HOME, is meant and may be used."


def _plain(value: object) -> object:
    """Return what JSON can hold: times as RFC 3339 in UTC, money as text."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case Decimal() | Path():
            return str(value)
        case Mapping():
            return {str(key): item for key, item in value.items()}
        case frozenset() | set():
            return sorted(value, key=str)
        case _ if is_dataclass(value) and not isinstance(value, type):
            return asdict(value)
        case _:
            message = f"{type(value).__name__} has no JSON form."
            raise TypeError(message)
