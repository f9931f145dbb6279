"""Which release did a job while one took the other's place."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from campaigns import older
from campaigns.releases import BY_OLDER, MIXED, UNDER_OLDER, Releases
from stoflow.cli.simulate.demo_summary import JobOutcome
from stoflow.domain.ids import TenantId

CHANGES = [
    (0.0, "worker", True),
    (0.0, "worker-2", True),
    (0.0, "orchestrator", True),
    (10.0, "worker", False),
    (20.0, "worker-2", False),
    (30.0, "orchestrator", False),
]


def ran(begun: float, ended: float, status: str = "completed") -> JobOutcome:
    times = (datetime.fromtimestamp(at, UTC).isoformat() for at in (begun, ended))
    return JobOutcome(TenantId(1), {"status": status, **dict(zip(("started_at", "completed_at"), times, strict=True))})


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        (ran(1.0, 9.0), {BY_OLDER, UNDER_OLDER}),
        (ran(1.0, 11.0), {MIXED, UNDER_OLDER}),
        (ran(11.0, 12.0), {MIXED, UNDER_OLDER}),
        (ran(21.0, 29.0), {UNDER_OLDER}),
        (ran(29.0, 31.0), set()),
        (ran(1.0, 9.0, "failed"), set()),
    ],
)
def test_a_job_counts_for_those_whose_processes_ran_from_its_begin_to_its_end(
    outcome: JobOutcome, told: set[str]
) -> None:
    assert {name for name, count in Releases(list(CHANGES)).stories([outcome]).items() if count} == told


def test_what_is_being_replaced_is_older_only_once_an_older_one_has_come() -> None:
    releases = Releases()
    with releases.changing("worker", to_older=False):
        assert [is_older for _, _, is_older in releases.changes] == [False]
    with releases.changing("worker", to_older=True):
        assert len(releases.changes) == 1
    assert [is_older for _, _, is_older in releases.changes] == [False, True]


def test_a_commit_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="--older no-such-commit: fatal"):
        older.check_out("no-such-commit", tmp_path)
