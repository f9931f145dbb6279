"""`python -m campaigns.extension`: the extension in a real Chromium before the simulated Vinted, hurt at work."""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from campaigns import evidence
from campaigns.chaos import paces
from campaigns.chromium import Browser, Cable, NoBrowser, build, extension_id, install
from campaigns.extension_scenes import ALL, SHORT, VINTED, Scene, Stage
from campaigns.plan import Plan
from campaigns.world import world
from stoflow.domain.errors import StoflowError
from stoflow.settings import variable_of
from stoflow_sandbox.judge import judge
from stoflow_sandbox.ledger import read_ledger

JOBS = 60
SHORT_JOBS = 9
SPEED = 1.0
FAULTS = (AssertionError, LookupError, RuntimeError, StoflowError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Report:
    """`counters` must be 0 and `faults` empty; `scenes` are the seconds that each took."""

    browser: str
    scenes: Mapping[str, float]
    jobs: Mapping[str, int]
    counters: Mapping[str, int]
    replayed: int
    faults: Sequence[str]

    @property
    def is_green(self) -> bool:
        return not self.faults and not any(self.counters.values())


@contextmanager
def staged(folder: Path, jobs: int) -> Iterator[Stage]:
    """Give a seller a StoFlow, a simulated Vinted, and a browser that is not open yet."""
    install()
    origin = f"chrome-extension://{extension_id()}"
    variables = {variable_of("cors_origins"): origin}
    plan = Plan(jobs=jobs, seed=1, tenants=1, faults=0.0, lose=0.0, speed=SPEED, variables=variables)
    with ExitStack() as stack:
        made = stack.enter_context(world(plan, folder))
        (tenant,) = made.sellers
        made.crew.dismiss(f"plugin-{tenant}")  # the headless one: here a real browser does its work
        cable = Cable(made.api_url)
        stack.callback(cable.close)
        site = f"{made.sandbox_url}/{VINTED}"
        extension = build(folder / "extension", stoflow=cable.url, site=site, platforms=(made.api_url,))
        browser = stack.enter_context(Browser(folder / "profile", extension))
        yield Stage(made, browser, cable, tenant, iter(made.products[tenant]))


def play(folder: Path, scenes: Sequence[Scene], jobs: int) -> Report:
    """Play the scenes one after another; the first that fails ends it, and is told."""
    lasted, faults = dict[str, float](), list[str]()
    with staged(folder, jobs) as stage:
        for scene in scenes:
            begun_s = time.monotonic()
            try:
                scene(stage)
            except FAULTS as error:
                faults.append(f"{scene.__name__}: {error}")
                _say(f"{scene.__name__} failed: {error}")
                break
            lasted[scene.__name__] = round(time.monotonic() - begun_s, 1)
            _say(f"{scene.__name__}: {lasted[scene.__name__]} s")
        return _reported(stage, lasted, faults)


def _reported(stage: Stage, lasted: Mapping[str, float], faults: Sequence[str]) -> Report:
    outcomes = evidence.collected(stage.made, 0.0).outcomes
    verdict = judge(read_ledger(stage.made.ledger), [one.for_judge() for one in outcomes], paces(stage.made.plan))
    statuses = [str(one.job["status"]) for one in outcomes]
    state = {} if faults else stage.browser.state()
    return Report(
        browser=str(state.get("browser", "")),
        scenes=lasted,
        jobs={status: statuses.count(status) for status in sorted(set(statuses))},
        counters=verdict.counters,
        replayed=sum(row.get("replayed") or 0 for row in state.get("done", ())),
        faults=[*faults, *verdict.details],
    )


def main() -> int:
    """Return 0 where every scene ends as it should and the judge finds nothing, 1 otherwise, 2 without a browser."""
    parser = argparse.ArgumentParser(prog="python -m campaigns.extension", description=__doc__)
    parser.add_argument("--short", action="store_true", help="publish, and lose the service worker in the middle of it")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="extension-"))
    _say(f"Logs are in {folder}.")
    try:
        report = play(folder, SHORT, SHORT_JOBS) if arguments.short else play(folder, ALL, JOBS)
    except NoBrowser as error:
        _say(str(error))
        return 2
    print(json.dumps({**asdict(report), "green": report.is_green}, indent=2))
    if report.is_green:
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if report.is_green else 1


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
