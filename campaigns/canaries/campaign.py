"""`python -m campaigns.canaries`: fifty tenants of two api processes, each with its word in everything it has, and a
hundred thousand answers, none of which may hold another's."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from random import SystemRandom

from campaigns.canaries.asks import reads
from campaigns.canaries.clients import Clients
from campaigns.canaries.shop import open_shop
from campaigns.canaries.sockets import Sockets
from campaigns.canaries.words import MOST, OVER_SOCKETS, Judge
from campaigns.chaos import LARGEST_SEED, end_on_sigterm
from campaigns.fuzz import UNLIMITED
from stoflow.cli.run.children import free_port
from stoflow.domain.ids import TenantId
from stoflow.migrations import runner
from stoflow.settings import Settings, load
from stoflow.storage.database.session import Database
from stoflow.storage.servers.embedded import servers
from stoflow.transports.probe import is_ready
from stoflow.wiring.tokens import access_tokens

TENANTS, ANSWERS = 50, 100_000
SHORT_TENANTS, SHORT_ANSWERS = 8, 2_000
PROCESSES = "2"
READY_WITHIN_S = 120.0
TOKEN_FOR_S = 300.0
SHOWN = 10
SAY_EVERY = 5_000
MISSED_AT_MOST = 0.02  # of the answers: connections are cut in their midst, and none may be lost otherwise
SAYS_NOTHING_OWN = frozenset({
    "listActions", "listAttributes", "readStatistics", "previewProduct", "authorize", "readSnapshot", "listDeliveries",
    "readImport", "listRejectedRows", "listErrors", "readPluginTerms", "search", "trial",
})  # fmt: skip
"""What need not hold anything that a tenant wrote, or numbers of its own."""


@dataclass(frozen=True, slots=True)
class Report:
    """`blind` are the kinds of answers that should have held what is the asker's own, and never did."""

    seed: int
    tenants: int
    seconds: float
    answers: int
    over_sockets: int
    with_own: int
    cancelled: int
    unanswered: int
    statuses: Mapping[str, int]
    blind: list[str]
    wrong: list[str]

    @property
    def is_green(self) -> bool:
        errors = sum(count for status, count in self.statuses.items() if status.startswith("5"))
        return not (self.wrong or self.blind or errors or self.unanswered > MISSED_AT_MOST * self.answers)


def main() -> int:
    """Return 0 where no answer held another's, and each kind its asker's own; 1 otherwise."""
    end_on_sigterm()
    parser = argparse.ArgumentParser(prog="python -m campaigns.canaries", description=__doc__)
    parser.add_argument("--seed", type=int, default=None, help="repeat this run")
    parser.add_argument("--short", action="store_true", help=f"{SHORT_ANSWERS:,} answers to {SHORT_TENANTS} tenants")
    parser.add_argument("--answers", type=int, default=None)
    parser.add_argument("--tenants", type=int, default=None, choices=range(2, MOST), metavar=f"2..{MOST - 1}")
    arguments = parser.parse_args()
    seed = SystemRandom().randrange(LARGEST_SEED) if arguments.seed is None else arguments.seed
    answers = arguments.answers or (SHORT_ANSWERS if arguments.short else ANSWERS)
    tenants = arguments.tenants or (SHORT_TENANTS if arguments.short else TENANTS)
    folder = Path(tempfile.mkdtemp(prefix="canaries-"))
    print(f"Seed {seed}; logs are in {folder}.", file=sys.stderr, flush=True)
    with two_apis(folder) as (port, settings):
        report = campaign(port, settings, seed, tenants, answers)
    print(json.dumps({**asdict(report), "wrong": report.wrong[:SHOWN]}, indent=2))
    print(f"{len(report.wrong)} wrong.", "GREEN" if report.is_green else "RED")
    if report.is_green:
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if report.is_green else 1


def campaign(port: int, settings: Settings, seed: int, tenants: int, answers: int) -> Report:
    """Make the shops, let everybody ask and listen, and say what was answered."""
    judge = Judge()
    with ExitStack() as stack:
        database = Database(str(settings.database_url))
        stack.callback(database.close)
        url, token_of = f"http://127.0.0.1:{port}", _tokens(settings)
        shops = [open_shop(database, url, owner, token_of) for owner in range(1, tenants + 1)]
        print(f"{tenants} tenants are there.", file=sys.stderr, flush=True)
        begun_s = time.monotonic()
        with Sockets(port, shops, judge, seed):
            for part in range(min(SAY_EVERY, answers), answers + 1, min(SAY_EVERY, answers)):
                Clients(port, shops, judge, seed + part).ask_all(part)
                print(f"{judge.total:,} answers, {len(judge.wrong)} wrong", file=sys.stderr, flush=True)
    return _report(judge, seed, tenants, time.monotonic() - begun_s)


def _report(judge: Judge, seed: int, tenants: int, seconds: float) -> Report:
    return Report(
        seed, tenants, seconds, judge.total, judge.over_sockets, judge.own.total(), judge.cancelled, judge.unanswered,
        {str(status): count for status, count in sorted(judge.statuses.items()) if status}, blind(judge), judge.wrong,
    )  # fmt: skip


def blind(judge: Judge) -> list[str]:
    """Return what should have been answered with what is the asker's own, and was not once."""
    expected = {one.name for one in reads()} | set(judge.answers) | set(OVER_SOCKETS)
    return sorted(kind for kind in expected - SAYS_NOTHING_OWN if not judge.own[kind])


def _tokens(settings: Settings) -> Callable[[TenantId], str]:
    """Return what gives each tenant a token, made anew before it ends."""
    tokens, known = access_tokens(settings), dict[TenantId, tuple[float, str]]()

    def token_of(tenant: TenantId) -> str:
        made_s, token = known.get(tenant, (0.0, ""))
        if not token or time.monotonic() > made_s + TOKEN_FOR_S:
            token = tokens.issue_access_token(tenant)
            known[tenant] = (time.monotonic(), token)
        return token

    return token_of


@contextmanager
def two_apis(folder: Path) -> Generator[tuple[int, Settings]]:
    """Start two api processes on one port, with servers of their own and without limits by the minute."""
    home = load(None, home=folder / "home").home
    with servers(home) as urls:
        runner.migrate(urls.database_url)
        settings = load(None, home=home, database_url=urls.database_url, redis_url=urls.redis_url)
        access_tokens(settings)  # the key is there before both look for it
        variables = {
            **os.environ, **UNLIMITED, "STOFLOW_HOME": str(home), "STOFLOW_DATABASE_URL": urls.database_url,
            "STOFLOW_REDIS_URL": urls.redis_url, "STOFLOW_ADDRESS_CONNECTIONS": "0",
        }  # fmt: skip
        port = free_port()
        with (folder / "api.log").open("wb") as log:
            api = subprocess.Popen(_command(port), env=variables, stderr=log, stdout=log)
        try:
            _wait_until_ready(api, port)
            yield port, settings
        finally:
            api.terminate()
            api.wait()


def _command(port: int) -> Sequence[str]:
    return [sys.executable, "-m", "stoflow", "api", "--port", str(port), "--processes", PROCESSES]


def _wait_until_ready(api: "subprocess.Popen[bytes]", port: int) -> None:
    ends_at = time.monotonic() + READY_WITHIN_S
    while not is_ready(f"http://127.0.0.1:{port}/readyz"):
        if api.poll() is not None or time.monotonic() > ends_at:
            raise TimeoutError("The api is not ready.")
        time.sleep(0.1)
