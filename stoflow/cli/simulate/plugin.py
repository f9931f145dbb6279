"""`stoflow plugin`: the headless reference plugin."""

from pathlib import Path

import click

from stoflow.cli.arguments import ReadableFile
from stoflow.cli.output import WrongUsage, say
from stoflow.cli.run.serving import until_stopped
from stoflow_sandbox.browsing import TIMEOUT_S
from stoflow_sandbox.plugin import HeadlessPlugin, PluginOptions


@click.command()
@click.option("--url", required=True, help="StoFlow's api.")
@click.option("--token", default="", help="An access token of the tenant.")
@click.option(
    "--token-file",
    type=ReadableFile(),
    help="A file with the token, read again whenever it changes.",
)
@click.option("--sandbox", "sandbox_url", required=True, help="The sandbox that plays the marketplace.")
@click.option("--journal", type=click.Path(dir_okay=False, path_type=Path), help="Where to remember what was done.")
@click.option("--plugin-id", default="", help="The identity of that journal; by default a new one.")
@click.option("--lose", type=click.FloatRange(0, 1), default=0.0, help="Share of acts after which the plugin is gone.")
@click.option("--seed", type=int, default=0, help="Which acts those are.")
@click.option("--timeout", "timeout_s", type=float, default=TIMEOUT_S, help="Seconds to wait for the marketplace.")
def plugin(
    *,
    url: str,
    token: str,
    token_file: Path | None,
    sandbox_url: str,
    journal: Path | None,
    plugin_id: str,
    lose: float,
    seed: int,
    timeout_s: float,
) -> None:
    """Do a tenant's commands against the sandbox, as the browser extension does them on the site."""
    if bool(token) == bool(token_file):
        raise WrongUsage("Give the plugin either --token or --token-file.")
    options = PluginOptions(
        plugin_id=plugin_id, journal_file=journal, token_file=token_file, lose=lose, seed=seed, timeout_s=timeout_s,
        tell=say,
    )  # fmt: skip
    first_token = token or (token_file.read_text("utf-8", errors="replace").strip() if token_file else "")
    with until_stopped() as stopped:
        headless = HeadlessPlugin(url.rstrip("/"), first_token, sandbox_url.rstrip("/"), options)
        headless.start()
        stopped.wait()
        headless.stop()
