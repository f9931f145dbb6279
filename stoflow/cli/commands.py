"""Every command in one list, in reading order; each is loaded when it is asked for: none pays for the others."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click

from stoflow.cli.output import StoflowGroup, WorkFailed

SANDBOX = "stoflow_sandbox"
NOT_INSTALLED = (
    "The simulated marketplaces are a package of their own, stoflow-sandbox, that is not installed here: "
    "`pip install stoflow-sandbox` beside StoFlow, or `pip install ./stoflow_sandbox` in a checkout."
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A command as the list shows it; `where` is "module:attribute" below this package."""

    where: str
    summary: str
    hidden: bool = False


COMMANDS: Mapping[str, Listed] = {
    # see it work
    "demo": Listed("simulate.demo:demo", "Publish real products of several sellers on simulated marketplaces."),
    # prepare and look
    "config": Listed("work.config:config", "Print the settings in force, with secrets masked."),
    "migrate": Listed("run.migrate:migrate", "Bring the database to the newest revision; run again to resume."),
    "keys": Listed("work.keys:keys", "Change the keys that seal sellers' tokens."),
    # run
    "up": Listed("run.up:up", "Run everything in one terminal until Ctrl-C."),
    "api": Listed("run.api:api", "Serve the HTTP API and the sockets until SIGTERM."),
    "orchestrator": Listed("run.orchestrator:orchestrator", "Decide who is next: own tenants, permit tasks, sweep."),
    "worker": Listed("run.worker:worker", "Run worker processes; one that dies is replaced."),
    "worker-process": Listed("run.worker:worker_process", "One worker process, as `worker` starts it.", hidden=True),
    "alive": Listed("run.alive:alive", "What a container's health check asks.", hidden=True),
    # work with what is there
    "status": Listed("work.status:status", "Say whether all is well, why not, and what to do."),
    "top": Listed("work.top:top", "Watch marketplaces, tenants, what holds jobs, and processes, over the HTTP API."),
    "tenant": Listed("work.tenant:tenant", "Create, list and suspend sellers."),
    "platform-keys": Listed("work.platform_keys:platform_keys", "Let platforms make tenants for their own accounts."),
    "audit": Listed("work.audit:audit", "Show who did what to accounts: suspensions, roles, keys, passwords."),
    "token": Listed("work.token:token", "Print an access token, good for fifteen minutes, or keep one fresh."),
    "products": Listed("work.products:products", "Take products in, list them, see what marketplaces lack."),
    "attributes": Listed("work.attributes:attributes", "Know what may and must be said of a product."),
    "limits": Listed("work.limits:limits", "Show how many calls the application may still make."),
    "applications": Listed("work.applications:applications", "Show which marketplaces refuse StoFlow itself."),
    "jobs": Listed("work.jobs:jobs", "List, show, explain, retry and cancel a seller's jobs."),
    "errors": Listed("work.errors:errors", "Show why jobs fail, and which errors are new."),
    "batches": Listed("work.batches:batches", "List, show, cancel and retry a seller's batches."),
    "prune": Listed("work.prune:prune", "Forget jobs that ended long ago."),
    # play the outside world
    "sandbox": Listed("simulate.sandbox:sandbox", "Run the simulated marketplaces, with a ledger of every call."),
    "plugin": Listed("simulate.plugin:plugin", "Do a tenant's commands against the sandbox, as the plugin would."),
    "plugin-check": Listed("simulate.plugin_check:plugin_check", "Hold a plugin of your own against the protocol."),
}


class ListedGroup(StoflowGroup):
    """A group whose commands are those of the list."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  the signature is click's
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  as above
        listed = COMMANDS.get(cmd_name)
        return None if listed is None else loaded(listed.where)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  as above
        """Write the list from its own words, without loading any command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.summary) for name, each in COMMANDS.items() if not each.hidden])


def loaded(where: str) -> Any:
    """Return what stands at "module:attribute" below this package.

    Raises WorkFailed where it is a command that simulates and the sandbox is not installed.
    """
    module, _, attribute = where.partition(":")
    try:
        return getattr(import_module(f"{__package__}.{module}"), attribute)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != SANDBOX:
            raise
        raise WorkFailed(NOT_INSTALLED) from error
