"""`stoflow plugin-check`: whether a seller's plugin keeps to the protocol."""

import shlex
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click

from stoflow.cli.output import json_option, print_json, say
from stoflow_sandbox.vinted.conformance.checks import Checked, Result, checked
from stoflow_sandbox.vinted.conformance.station import Station
from stoflow_sandbox.vinted.conformance.trial import Trial

STOP_S = 10.0
HOW = """StoFlow, as a plugin sees it: {url}
The simulated site:           {site} (sign in as {member} at {site}/sign-in)
An access token:              {token}
A refresh token:              {refresh}
Waiting for a plugin …"""


@click.command()
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Where to listen; 0 takes any free port.")
@click.option("--origin", "origins", multiple=True, help="From where a browser may connect: chrome-extension://ID.")
@click.option("--within", "within_s", type=float, default=60.0, help="Seconds that the plugin has for anything.")
@json_option
def plugin_check(
    *, command: tuple[str, ...], port: int, origins: tuple[str, ...], within_s: float, as_json: bool
) -> None:
    """Serve the protocol to one plugin, drive it through everything it must do, and say what it did not.

    COMMAND starts the plugin and is ended afterwards; in it {url}, {sandbox}, {token}, {token_file} and {refresh_token}
    stand for what it needs: `stoflow plugin-check -- stoflow plugin --url {url} --token-file {token_file} --sandbox
    {sandbox}`. Without a COMMAND it says what you need, and waits for yours.
    """
    with tempfile.TemporaryDirectory(prefix="plugin-check-") as folder:
        token_file = Path(folder) / "token"
        with (
            Station(port=port, origins=origins, token_file=token_file) as station,
            _client(station, command, token_file),
        ):
            if not command:
                say(_how(station, token_file), err=True)
            results = checked(Trial(station, within_s), (lambda _: None) if as_json else _told)
    failed = [one for one in results if one.result is not Result.PASSED]
    if as_json:
        counts = {result.value: sum(one.result is result for one in results) for result in Result}
        print_json({**counts, "checks": [asdict(one) for one in results]})
    else:
        say(f"{len(results) - len(failed)} of {len(results)} passed.")
    if failed:
        raise click.exceptions.Exit(1)


@contextmanager
def _client(station: Station, command: Sequence[str], token_file: Path) -> Iterator[None]:
    """Run the plugin while the checks do."""
    if not command:
        yield
        return
    places = {
        "url": station.url,
        "sandbox": station.sandbox.url,
        "token": token_file.read_text("utf-8"),
        "token_file": str(token_file),
        "refresh_token": station.refresh_token,
    }
    with subprocess.Popen([_filled(word, places) for word in command], stdin=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _filled(word: str, places: dict[str, str]) -> str:
    for name, value in places.items():
        word = word.replace(f"{{{name}}}", value)
    return word


def _how(station: Station, token_file: Path) -> str:
    login = str(station.member["settings"]["login"])
    return HOW.format(
        url=station.url,
        site=station.site_url,
        member=shlex.quote(login),
        token=token_file.read_text("utf-8"),
        refresh=station.refresh_token,
    )


def _told(one: Checked) -> None:
    say(f"{one.result:8} {one.name}{': ' if one.detail else ''}{one.detail}")
