"""`stoflow sandbox`: the simulated marketplaces alone."""

import json
from pathlib import Path

import click

from stoflow.cli.output import json_option, say
from stoflow.cli.run.serving import until_stopped
from stoflow.cli.run.up import SANDBOX_PORT
from stoflow_sandbox.app import SandboxOptions
from stoflow_sandbox.application import DEFAULT_API_URL, Application
from stoflow_sandbox.server import SandboxServer

DEFAULT_LATENCY_MS = (0.0, 5.0)


@click.command()
@click.option("--host", default="127.0.0.1", help="Where to listen.")
@click.option("--port", type=click.IntRange(0, 65535), default=SANDBOX_PORT, help="0 takes any free port.")
@click.option("--ledger", type=click.Path(dir_okay=False, path_type=Path), help="Append the ledger to this file.")
@click.option("--faults", type=click.FloatRange(0, 1), default=0.0, help="Share of calls that go wrong.")
@click.option("--seed", type=int, default=0, help="Which calls go wrong.")
@click.option("--speed", type=click.FloatRange(0, min_open=True), default=1.0, help="Divides every delay.")
@click.option(
    "--token-speed", type=click.FloatRange(0, min_open=True), default=1.0, help="Divides the life of access tokens."
)
@click.option(
    "--latency-ms",
    type=(click.FloatRange(0), click.FloatRange(0)),
    default=DEFAULT_LATENCY_MS,
    help="Shortest and longest processing time.",
)
@click.option(
    "--hold", "hold_s", type=click.FloatRange(0), default=20.0, help="Longest time a late answer lets a client wait."
)
@click.option("--api-url", default=DEFAULT_API_URL, help="Where StoFlow takes sellers who consented.")
@json_option
def sandbox(
    *,
    host: str,
    port: int,
    ledger: Path | None,
    faults: float,
    seed: int,
    speed: float,
    token_speed: float,
    latency_ms: tuple[float, float],
    hold_s: float,
    api_url: str,
    as_json: bool,
) -> None:
    """Run the simulated marketplaces, with a ledger of every call they receive."""
    options = SandboxOptions(
        ledger_file=ledger,
        fault_rate=faults,
        seed=seed,
        speed=speed,
        token_speed=token_speed,
        latency_ms=(latency_ms[0], max(latency_ms)),
        hold_s=hold_s,
        application=Application(api_url=api_url),
    )
    with until_stopped() as stopped, SandboxServer(options, host=host, port=port) as server:
        ready = {"ready": True, "url": server.url}
        say(json.dumps(ready) if as_json else f"The sandbox is ready at {server.url}.")
        stopped.wait()
