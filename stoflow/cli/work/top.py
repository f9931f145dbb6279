"""`stoflow top`: how it is, on a terminal, over the HTTP API and from wherever that can be reached."""

import os
import select
import sys
import termios
import tty
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.live import Live

from stoflow.cli.arguments import ReadableFile
from stoflow.cli.output import WrongUsage, json_option, print_json
from stoflow.cli.tables import console
from stoflow.cli.work.top_keys import ESCAPE, View, press
from stoflow.cli.work.top_screen import screen_of
from stoflow.domain.errors import APIError
from stoflow.settings import Settings
from stoflow.transports.api_client import ApiClient
from stoflow.transports.direct.client import DirectClient

READ_AT_ONCE = 1024  # bytes: what is pasted
HOW_TO_GET_ONE = "`stoflow token --tenant ID --with-role --token-file FILE --refresh` keeps one fresh"


@click.command()
@click.option("--url", default="", help="StoFlow's api; by default where this configuration has it listen.")
@click.option("--token", default="", help="An access token; of the roles support and admin everything is shown.")
@click.option("--token-file", type=ReadableFile(), help="A file with the token, read again whenever it is used.")
@click.option("--every", "every_s", type=click.FloatRange(0.5, 60), default=2.0, help="Seconds between two looks.")
@click.option("--once", is_flag=True, help="Print one look and end.")
@json_option
@click.pass_obj
def top(
    settings: Settings, *, url: str, token: str, token_file: Path | None, every_s: float, once: bool, as_json: bool
) -> None:
    """Watch marketplaces, tenants by share, what holds jobs, and processes; keys are named at the bottom."""
    if bool(token) == bool(token_file):
        raise WrongUsage(f"Give `stoflow top` either --token or --token-file: {HOW_TO_GET_ONE}.")
    address = (url or f"http://{settings.host}:{settings.port}").rstrip("/")
    with closing(DirectClient()) as http:
        api = ApiClient(http, address, lambda: _read(token_file) if token_file else token)
        if as_json:
            print_json(api.snapshot())
        elif once:
            console().print(screen_of(api.snapshot(), View()))
        else:
            _watch(api, every_s)


def _read(file: Path) -> str:
    return file.read_text("utf-8", errors="replace").strip()


def _watch(api: ApiClient, every_s: float) -> None:
    """Show it until somebody quits; raise APIError only where not even the first look is answered."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise WrongUsage("Here is no terminal to watch on: `stoflow top --once` prints one look.")
    found, trouble, view = api.snapshot(), "", View()
    live = Live(screen_of(found, view), console=console(), screen=True, auto_refresh=False)
    with suppress(KeyboardInterrupt), _keys() as keys_within, live:
        while not view.over:
            keys = keys_within(every_s)
            for key in keys:
                view = press(view, key)
            is_time = not keys and not view.paused
            if is_time:
                found, trouble = _looked(api, found)
            view = _explained(api, view, anew=is_time)
            live.update(screen_of(found, view, trouble=trouble), refresh=True)


def _looked(api: ApiClient, before: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """Return how it is, or how it was and why nobody answers."""
    try:
        return api.snapshot(), ""
    except APIError as error:
        return before, f"no answer now: {error}"


def _explained(api: ApiClient, view: View, *, anew: bool) -> View:
    """Return the view with what is said of the job that it looks at."""
    if view.job is None or not (anew or (view.explained is None and not view.trouble)):
        return view
    try:
        return replace(view, explained=api.explanation(view.job), trouble="")
    except APIError as error:
        return replace(view, explained=None, trouble=str(error))


@contextmanager
def _keys() -> Iterator[Callable[[float], Sequence[str]]]:
    """Give what waits so many seconds for keys, and returns them; the terminal is as before afterwards."""
    number = sys.stdin.fileno()
    before = termios.tcgetattr(number)

    def keys_within(seconds: float) -> Sequence[str]:
        ready, _, _ = select.select([number], [], [], seconds)
        return _keys_in(os.read(number, READ_AT_ONCE)) if ready else ()

    try:
        tty.setcbreak(number)
        yield keys_within
    finally:
        termios.tcsetattr(number, termios.TCSADRAIN, before)


def _keys_in(read: bytes) -> Sequence[str]:
    """Return the keys; one that sends several characters, as arrows do, means nothing, and no more input is the end."""
    text = read.decode(errors="replace")
    return () if text.startswith(ESCAPE) and len(text) > 1 else tuple(text) or ("q",)
