"""`python -m campaigns.fuzz`: a hundred thousand wrong requests and twenty thousand wrong frames, none answered 5xx."""

import argparse
import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from random import SystemRandom

import psutil

from campaigns.chaos import LARGEST_SEED, end_on_sigterm
from campaigns.noise import Noise
from stoflow.settings import load
from stoflow.storage.servers.embedded import servers

REQUESTS = 100_000
FRAMES = 20_000
WARM = 2_000  # of each, before memory is looked at: what is loaded once is loaded
ROUND = 5_000
LET_GO_WITHIN_S = 60.0
GROWN_AT_MOST_MIB = 50.0
MIB = 2**20
SHOWN = 10
READY_WITHIN_S = 60.0
UNLIMITED = {"STOFLOW_ACCOUNT_REQUESTS": "0", "STOFLOW_ADDRESS_REQUESTS": "0", "STOFLOW_ADDRESS_REFUSALS": "0"}


@dataclass(frozen=True, slots=True)
class Report:
    seed: int
    seconds: float
    answers: Mapping[str, int]
    grown_mib: float
    still_open: int
    errors_logged: int
    faults: list[str]

    @property
    def is_green(self) -> bool:
        grown = self.grown_mib > GROWN_AT_MOST_MIB
        return not (self.faults or self.errors_logged or self.still_open or grown)


@dataclass(frozen=True, slots=True)
class Victim:
    """An api of its own, with its servers, and a seller."""

    folder: Path
    port: int
    api: psutil.Process
    variables: Mapping[str, str]

    def token(self) -> str:
        command = [sys.executable, "-m", "stoflow", "token", "--tenant", "1"]
        return subprocess.run(command, env=self.variables, check=True, capture_output=True, text=True).stdout.strip()

    def memory_mib(self) -> float:
        return self.api.memory_info().rss / MIB

    def connections(self) -> int:
        held = (one for one in self.api.net_connections() if one.status == psutil.CONN_ESTABLISHED)
        return sum(one.laddr.port == self.port for one in held)

    def errors(self) -> int:
        return len(re.findall(r"Z ERROR ", (self.folder / "api.log").read_text(errors="replace")))


def main() -> int:
    """Return 0 where everything demanded held, 1 otherwise."""
    end_on_sigterm()
    parser = argparse.ArgumentParser(prog="python -m campaigns.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=None, help="repeat this run")
    parser.add_argument("--requests", type=int, default=REQUESTS)
    parser.add_argument("--frames", type=int, default=FRAMES)
    arguments = parser.parse_args()
    seed = SystemRandom().randrange(LARGEST_SEED) if arguments.seed is None else arguments.seed
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    print(f"Seed {seed}; logs are in {folder}.", file=sys.stderr, flush=True)
    with victim(folder) as api:
        report = campaign(api, seed, arguments.requests, arguments.frames)
    print(json.dumps({**asdict(report), "faults": report.faults[:SHOWN]}, indent=2))
    print("GREEN" if report.is_green else "RED")
    if report.is_green:
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if report.is_green else 1


def campaign(api: Victim, seed: int, requests: int, frames: int) -> Report:
    """Make noise in rounds, each with a fresh token, and look at what is left of it in the api."""
    began_s, sent = time.monotonic(), 0
    noise = Noise(api.port, api.token(), seed)
    asyncio.run(noise.make(min(WARM, requests), min(WARM, frames)))
    before_mib = api.memory_mib()
    while sent < requests:
        now = min(ROUND, requests - sent)
        sent += now
        again = Noise(api.port, api.token(), seed + sent, noise.heard)
        asyncio.run(again.make(now, frames * now // requests))
        print(f"{sent:,} of {requests:,}: {dict(noise.heard.answers)}", file=sys.stderr, flush=True)
    still_open = _let_go(api)
    grown_mib = api.memory_mib() - before_mib
    heard = noise.heard
    return Report(
        seed, time.monotonic() - began_s, dict(heard.answers), grown_mib, still_open, api.errors(), heard.faults
    )


def _let_go(api: Victim) -> int:
    """Return how many connections are left once each should have been given up."""
    ends_at = time.monotonic() + LET_GO_WITHIN_S
    while api.connections() and time.monotonic() < ends_at:
        time.sleep(1)
    return api.connections()


@contextmanager
def victim(folder: Path) -> Generator[Victim]:
    """Start an api with servers of its own, without limits by the minute: what it does with each request is meant."""
    home = load(None, home=folder / "home").home
    with servers(home) as urls:
        variables = {
            **os.environ,
            **UNLIMITED,
            "STOFLOW_HOME": str(home),
            "STOFLOW_DATABASE_URL": urls.database_url,
            "STOFLOW_REDIS_URL": urls.redis_url,
        }
        for command in (["migrate"], ["tenant", "create", "fuzz@example.com"]):
            run = [sys.executable, "-m", "stoflow", *command]
            subprocess.run(run, env=variables, check=True, capture_output=True)
        with (folder / "api.log").open("wb") as log:
            api = subprocess.Popen([sys.executable, "-m", "stoflow", "api", "--port", "0"], env=variables, stderr=log)
        try:
            process = psutil.Process(api.pid)
            yield Victim(folder, _port_of(process), process, variables)
        finally:
            api.terminate()
            api.wait()


def _port_of(process: psutil.Process) -> int:
    """Return the port on which it listens, once it does."""
    ends_at = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < ends_at:
        listening = [one.laddr.port for one in process.net_connections() if one.status == psutil.CONN_LISTEN]
        if listening:
            return listening[0]
        time.sleep(0.1)
    raise TimeoutError("The api does not listen.")


if __name__ == "__main__":
    sys.exit(main())
