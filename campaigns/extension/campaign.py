"""`python -m campaigns.extension`: the extension in a real Chromium before the simulated Vinted, hurt at work."""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from campaigns import evidence
from campaigns.chaos import paces
from campaigns.chromium import Browser, Cable, NoBrowser, build, extension_id, install
from campaigns.extension.scenes import ALL, SHORT, Scene
from campaigns.extension.stage import VINTED, Stage
from campaigns.plan import Plan
from campaigns.world import world
from stoflow.domain.errors import StoflowError
from stoflow.settings import variable_of
from stoflow_sandbox.judge import judge
from stoflow_sandbox.ledger import read_ledger
from stoflow_sandbox.vinted.conformance.checks import Checked, Result, checked
from stoflow_sandbox.vinted.conformance.station import Station
from stoflow_sandbox.vinted.conformance.trial import Trial

JOBS = 60
SHORT_JOBS = 9
SPEED = 1.0
CHECKED_WITHIN_S = 90.0
FAULTS = (AssertionError, LookupError, RuntimeError, StoflowError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Report:
    """`counters` must be 0, `faults` and `unlike_the_protocol` empty; `scenes` are the seconds that each took."""

    scenes: Mapping[str, float]
    jobs: Mapping[str, int]
    counters: Mapping[str, int]
    replayed: int
    faults: Sequence[str]
    unlike_the_protocol: Sequence[str] = ()

    @property
    def is_green(self) -> bool:
        return not self.faults and not self.unlike_the_protocol and not any(self.counters.values())


@contextmanager
def staged(folder: Path, jobs: int) -> Iterator[Stage]:
    """Give a seller a StoFlow, a simulated Vinted, and a browser that is not open yet."""
    install()
    origin = f"chrome-extension://{extension_id()}"
    variables = {variable_of("cors_origins"): origin, variable_of("plugin_terms"): "required"}
    plan = Plan(jobs=jobs, seed=1, tenants=1, faults=0.0, lose=0.0, speed=SPEED, variables=variables)
    with ExitStack() as stack:
        made = stack.enter_context(world(plan, folder))
        (tenant,) = made.sellers
        made.crew.dismiss(f"plugin-{tenant}")  # the headless one: here a real browser does its work
        cables = Cable(made.api_url), Cable(made.sandbox_url)
        for cable in cables:
            stack.callback(cable.close)
        to_stoflow, to_site = cables
        site = f"{to_site.url}/{VINTED}"
        extension = build(folder / "extension", stoflow=to_stoflow.url, site=site, platforms=(made.api_url,))
        browser = stack.enter_context(Browser(folder / "profile", extension))
        yield Stage(made, browser, to_stoflow, to_site, tenant, iter(made.products[tenant]))


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
        scenes=lasted,
        jobs={status: statuses.count(status) for status in sorted(set(statuses))},
        counters=verdict.counters,
        replayed=sum(row.get("replayed") or 0 for row in state.get("done", ())),
        faults=[*faults, *verdict.details],
    )


def held_to_the_protocol(folder: Path) -> Sequence[str]:
    """Let the conformance kit drive the extension, as a plugin like any other; return what it found."""
    origin = f"chrome-extension://{extension_id()}"
    with Station(origins=[origin]) as station:
        extension = build(folder / "checked", stoflow=station.url, site=station.site_url)
        with Browser(folder / "checked-profile", extension) as browser:
            browser.launch()
            browser.ask("sign_in", site=station.site_url, login=station.member["settings"]["login"])
            browser.ask("connect", token=station.refresh_token)
            results = checked(Trial(station, CHECKED_WITHIN_S), _say_checked)
    return [f"{one.name}: {one.detail}" for one in results if one.result is not Result.PASSED]


def main() -> int:
    """Return 0 where every scene ends as it should and the judge finds nothing, 1 otherwise, 2 without a browser."""
    parser = argparse.ArgumentParser(prog="python -m campaigns.extension", description=__doc__)
    parser.add_argument("--short", action="store_true", help="publish, and lose the service worker in the middle of it")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="extension-"))
    _say(f"Logs are in {folder}.")
    try:
        report = play(folder, SHORT, SHORT_JOBS) if arguments.short else play(folder, ALL, JOBS)
        if not arguments.short:
            report = replace(report, unlike_the_protocol=held_to_the_protocol(folder))
    except NoBrowser as error:
        _say(str(error))
        return 2
    print(json.dumps({**asdict(report), "green": report.is_green}, indent=2))
    if report.is_green:
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if report.is_green else 1


def _say_checked(one: Checked) -> None:
    _say(f"{one.result} {one.name} {one.detail}".strip())


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
