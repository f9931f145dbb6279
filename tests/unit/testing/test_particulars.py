"""What a package declares of its marketplace for the contract suite, and what holds where it declares nothing."""

from pathlib import Path

import pytest

from stoflow.domain.errors import ConfigurationError
from stoflow.testing.contract.plugin import Verdicts
from stoflow.testing.declared import ENTRY_POINT_GROUP, particulars_of
from stoflow.testing.particulars import Particulars


def declare(site: Path, value: str) -> None:
    info = site / "bazaar-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bazaar\nVersion: 1.0\n", "utf-8")
    (info / "entry_points.txt").write_text(f"[{ENTRY_POINT_GROUP}]\nbazaar = {value}\n", "utf-8")


def test_what_a_package_declares_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bazaar_suite.py").write_text(
        "from stoflow.testing.particulars import Particulars\nPARTICULARS = Particulars(account={'hall': 4})\n", "utf-8"
    )
    declare(tmp_path, "bazaar_suite:PARTICULARS")
    monkeypatch.syspath_prepend(tmp_path)
    assert particulars_of("bazaar").account == {"hall": 4}


def test_what_declares_nothing_has_what_most_have() -> None:
    assert particulars_of("bazaar") == Particulars()


def test_what_is_no_declaration_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    declare(tmp_path, "decimal:ROUND_UP")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigurationError, match="bazaar = decimal:ROUND_UP is no Particulars"):
        particulars_of("bazaar")


def test_an_action_without_a_situation_fails_and_says_so() -> None:
    with pytest.raises(pytest.fail.Exception, match="no situation for repaint: declare one in `situations`"):
        Particulars().situation("repaint")


def test_pytest_can_keep_the_verdicts_in_a_set_as_it_does_beside_a_conftest() -> None:
    assert len({Verdicts(), Verdicts()}) == 2
