"""What a file of a million products costs: the memory of the import, and what a neighbour waits meanwhile."""

import csv
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from os import environ
from pathlib import Path
from threading import Thread

from benchmarks.figures import percentile
from benchmarks.stoflow_api import Api, stoflow_with_api

TENANTS = 2  # one brings the file, the other reads
NEIGHBOURS_PRODUCTS = 200
EVERY_S = 0.05
QUIET_S = 60.0
RENEWED_EVERY_S = 600.0
RSS_AT_MOST_MIB = 300.0
RATIO_AT_MOST = 2.0
KIB_PER_MIB = 1024
HEADER = ("Title", "Price", "Currency", "Description", "ID", "SKU", "Size", "Brand", "Colour", "Condition", "Quantity")
DESCRIPTION = "Worn twice, washed by hand; a small mark at the hem, see the photos. No smokers, no pets. "


class Tokens:
    """A seller's access tokens: each is kept fresh by a thread, so that no reading waits for a new one."""

    def __init__(self, api: Api, tenant: int) -> None:
        self._api, self._tenant = api, tenant
        self.current = api.token(tenant)
        Thread(target=self._renew, daemon=True).start()

    def _renew(self) -> None:
        while True:
            time.sleep(RENEWED_EVERY_S)
            self.current = self._api.token(self._tenant)


@dataclass(frozen=True, slots=True)
class Intake:
    """`ratio` is of the neighbour's p99 while the file comes in to its p99 before."""

    rows: int
    seconds: float
    rows_per_s: float
    import_peak_rss_mib: float
    quiet_p99_ms: float
    during_p99_ms: float
    ratio: float
    within_bound: bool


def measure(rows: int, quiet_s: float = QUIET_S) -> Intake:
    """Import a file of so many rows with the command a person uses, while a neighbour reads its products over HTTP."""
    with stoflow_with_api(tenants=TENANTS) as api:
        owner, neighbour = api.peer.tenants
        _run(api, owner=neighbour, file=_file(api.machine.home / "neighbour.csv", NEIGHBOURS_PRODUCTS)).wait()
        file = _file(api.machine.home / "products.csv", rows)
        read = _reader(api, neighbour)
        ends_at = time.monotonic() + quiet_s
        quiet = _latencies_ms(read, lambda: time.monotonic() < ends_at)
        began_at = time.monotonic()
        importing = _run(api, owner=owner, file=file)
        during = _latencies_ms(read, lambda: importing.poll() is None)
        seconds = time.monotonic() - began_at
        if importing.returncode:
            message = f"The import ended with exit code {importing.returncode}.\n{api.machine.logs()}"
            raise RuntimeError(message)
    peak_mib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / KIB_PER_MIB
    quiet_ms, during_ms = percentile(quiet, 0.99), percentile(during, 0.99)
    ratio = during_ms / quiet_ms
    within = peak_mib <= RSS_AT_MOST_MIB and ratio <= RATIO_AT_MOST
    return Intake(rows, seconds, rows / seconds, peak_mib, quiet_ms, during_ms, ratio, within)


def _file(path: Path, rows: int) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for number in range(rows):
            title, price = f"Dress of linen, number {number}", f"{5 + number % 90}.50"
            writer.writerow(
                (
                    title,
                    price,
                    "EUR",
                    DESCRIPTION * 3,
                    110_000_000_000 + number,
                    f"SKU-{number}",
                    "M",
                    "Sézane",
                    "blue",
                    "good",
                    1,
                )
            )
    return path


def _run(api: Api, *, owner: int, file: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "stoflow", "products", "import", str(file), "--tenant", str(owner)]
    with (api.machine.home / f"import-{owner}.log").open("wb") as log:
        return subprocess.Popen(command, env={**environ, **api.peer.environment}, stdout=log, stderr=log)


def _reader(api: Api, tenant: int) -> Callable[[], None]:
    """Return what reads a page of products once."""
    connection, tokens = api.connection(), Tokens(api, tenant)

    def read() -> None:
        connection.request("GET", "/api/products?limit=50", headers={"authorization": f"Bearer {tokens.current}"})
        response = connection.getresponse()
        response.read()
        if response.status != HTTPStatus.OK:
            message = f"The api answered {response.status}."
            raise RuntimeError(message)

    return read


def _latencies_ms(read: Callable[[], None], goes_on: Callable[[], bool]) -> list[float]:
    """Return what each of some reads took, one begun every 50 ms while it goes on."""
    found: list[float] = []
    while goes_on():
        began_at = time.perf_counter()
        read()
        took_s = time.perf_counter() - began_at
        found.append(1000 * took_s)
        time.sleep(max(0.0, EVERY_S - took_s))
    return found
