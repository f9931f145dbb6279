"""The journal knows after a restart what it knew before."""

from pathlib import Path

from stoflow_sandbox.plugin_journal import Journal


def test_it_remembers_what_began_and_what_was_answered(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "deep" / "journal")
    journal.start("one")
    journal.finish("one", {"success": True})
    journal.start("two")
    for known in (journal, Journal(tmp_path / "deep" / "journal")):
        assert known.answer("one") == {"success": True}
        assert (known.has_started("two"), known.answer("two")) == (True, None)
        assert not known.has_started("three")
        known.close()


def test_without_a_file_it_remembers_while_it_lives() -> None:
    journal = Journal()
    journal.start("one")
    journal.close()
    assert journal.has_started("one")
    assert not Journal().has_started("one")
