"""The child processes of a case: forked warm, struck at one failpoint, or healthy and cleaning up."""

import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from campaigns.cases import Blow, Case
from campaigns.conductor import conductor
from campaigns.person import Person
from campaigns.tab import MARKETPLACE, Tab
from stoflow.domain.ids import TenantId
from stoflow.monitoring.failpoints import EVERY_NAME, LOG_VARIABLE, arm, arm_text
from stoflow.settings import Settings

VICTIM_S = 6.0
HEALTHY_S = 20.0


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a child works, and for whom."""

    settings: Settings
    tenant: TenantId
    product: int
    key: str
    sandbox_url: str
    folder: Path

    @property
    def log(self) -> Path:
        return self.folder / f"{self.key}.log"


def be_struck(stage: Stage, case: Case) -> None:
    """Work until the blow comes, and after it where that is survived."""
    if case.blow is Blow.PAUSE:
        arm(case.failpoint, _pause, only_passing=case.passing)
    else:
        arm_text(f"{case.failpoint}={case.blow}@{case.passing}")
    _work(stage, case.marketplace, case.story, within_s=VICTIM_S)


def be_quiet(stage: Stage, marketplace: str, story: str) -> None:
    """Work to the end and note every failpoint that is passed."""
    arm_text(f"{EVERY_NAME}=note")
    _work(stage, marketplace, story, within_s=HEALTHY_S)


def be_healthy(stage: Stage, case: Case, dead: int | None) -> None:
    """Bring what the victim began to its end; exit 1 where that takes too long."""
    mourned = [] if dead is None else [dead]
    if not _work(stage, case.marketplace, case.story, within_s=HEALTHY_S, mourned=mourned):
        sys.exit(1)


def _work(stage: Stage, marketplace: str, story: str, *, within_s: float, mourned: list[int] | None = None) -> bool:
    os.environ[LOG_VARIABLE] = str(stage.log)
    person = Person(stage.tenant, marketplace, stage.product, stage.key, story)
    tab = None
    if marketplace == MARKETPLACE:
        journal = stage.folder / f"tab-{stage.tenant}.ndjson"
        tab = Tab(f"tab-{stage.tenant}", stage.sandbox_url, journal, stage.settings.home)
    with conductor(stage.settings, stage.tenant, marketplace, person=person, tab=tab, mourned=mourned or ()) as found:
        return found.conduct(within_s=within_s)


def _pause() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)
