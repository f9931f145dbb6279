"""The child processes of a case: forked warm, struck at one failpoint, or healthy and cleaning up."""

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from campaigns.browser import MARKETPLACE, PluginBrowser
from campaigns.cases import Blow, Case
from campaigns.inline import inline_orchestrator
from campaigns.person import Person
from stoflow.domain.ids import TenantId
from stoflow.monitoring.failpoints import EVERY_NAME, LOG_VARIABLE, FailpointError, arm, arm_text
from stoflow.settings import Settings

VICTIM, HEALTHY = "victim", "healthy"
WITHIN_S = 20.0
AFTERWARDS_S = 1.5


@dataclass(frozen=True, slots=True)
class Scenario:
    """Where a child works, and for whom."""

    settings: Settings
    tenant: TenantId
    product: int
    key: str
    sandbox_url: str
    folder: Path

    @property
    def log(self) -> Path:
        """Where each failpoint that acted is named."""
        return self.folder / f"{self.key}.log"

    @property
    def said(self) -> Path:
        return self.folder / f"{self.key}.err"

    def ended(self, who: str) -> Path:
        """The file whose being there says that this child came to its end, with everything final."""
        return self.folder / f"{self.key}.{who}"


@dataclass(slots=True)
class Strike:
    """The blow, and what is left of the time after it for a victim that survives it."""

    blow: Blow
    until_s: float | None = None

    def fall(self) -> None:
        """Happen."""
        self.until_s = time.monotonic() + AFTERWARDS_S
        match self.blow:
            case Blow.KILL:
                os.kill(os.getpid(), signal.SIGKILL)
            case Blow.PAUSE:
                os.kill(os.getpid(), signal.SIGSTOP)
                self.until_s = time.monotonic() + AFTERWARDS_S
            case Blow.RAISE:
                raise FailpointError("Nobody foresaw this.")

    def is_over(self) -> bool:
        return self.until_s is not None and time.monotonic() > self.until_s


def be_struck(scenario: Scenario, case: Case) -> None:
    """Work until the blow comes, and for a while after it where that is survived."""
    strike = Strike(case.blow)
    arm(case.failpoint, strike.fall, only_passing=case.passing)
    _work(scenario, VICTIM, case.marketplace, case.story, is_enough=strike.is_over)


def be_quiet(scenario: Scenario, marketplace: str, story: str) -> None:
    """Work to the end and note every failpoint that is passed."""
    arm_text(f"{EVERY_NAME}=note")
    _work(scenario, HEALTHY, marketplace, story)


def be_healthy(scenario: Scenario, case: Case, dead: int | None) -> None:
    """Bring what the victim began to its end."""
    mourned = [] if dead is None else [dead]
    _work(scenario, HEALTHY, case.marketplace, case.story, mourned=mourned)


def _work(
    scenario: Scenario,
    who: str,
    marketplace: str,
    story: str,
    *,
    mourned: Sequence[int] = (),
    is_enough: Callable[[], bool] = lambda: False,
) -> None:
    with scenario.said.open("ab") as said:
        os.dup2(said.fileno(), sys.stderr.fileno())
    os.environ[LOG_VARIABLE] = str(scenario.log)
    person = Person(scenario.tenant, marketplace, scenario.product, scenario.key, story)
    browser = None
    if marketplace == MARKETPLACE:
        journal = scenario.folder / f"browser-{scenario.tenant}.ndjson"
        browser = PluginBrowser(f"browser-{scenario.tenant}", scenario.sandbox_url, journal, scenario.settings.home)
    with inline_orchestrator(
        scenario.settings, scenario.tenant, marketplace, person=person, browser=browser, mourned=mourned
    ) as found:
        if found.conduct(within_s=WITHIN_S, is_enough=is_enough):
            scenario.ended(who).touch()
