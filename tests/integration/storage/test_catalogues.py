"""The catalogues in the database are those in the package, and take nothing away that products may name."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.rows import DictRow, dict_row
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from stoflow.domain.catalogue import CatalogueEntry
from stoflow.domain.errors import InputError, NotFound
from stoflow.marketplaces.vocabulary.catalogues import CATALOGUES, entries_of, version_of
from stoflow.migrations import runner, seeding
from stoflow.migrations.chains import PUBLIC_SCHEMA, upgrade
from stoflow.migrations.revisions import SHARED
from stoflow.resources.attributes.attributes import list_attributes
from stoflow.storage.database.session import Database
from tests.harness.asking import Asking

BEFORE = "20261122_0300_timetable"


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection[DictRow]]:
    with psycopg.Connection[DictRow].connect(database_url, autocommit=True, row_factory=dict_row) as opened:
        yield opened


@pytest.mark.parametrize("name", CATALOGUES)
def test_the_seeded_rows_are_the_files(connection: psycopg.Connection[DictRow], name: str) -> None:
    rows = connection.execute(
        f"SELECT name, labels, details, words, version FROM product_attributes.{name} ORDER BY id".encode()
    ).fetchall()
    assert {row["version"] for row in rows} == {version_of(name)}
    found = tuple(CatalogueEntry(r["name"], r["labels"], r["details"], tuple(r["words"])) for r in rows)
    assert found == entries_of(name)


def test_a_second_run_seeds_nothing(database_url: str) -> None:
    report = runner.migrate(database_url)
    assert (report.migrated, report.failed) == ((), ())


def test_newer_tables_are_seeded_again_and_nothing_is_taken_away(
    database_url: str, connection: psycopg.Connection[DictRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.execute("INSERT INTO product_attributes.fits (name) VALUES ('boxy')")
    before = {row["name"]: row["id"] for row in connection.execute("SELECT id, name FROM product_attributes.fits")}

    def entries(name: str) -> tuple[CatalogueEntry, ...]:
        if name != "fits":
            return entries_of(name)
        return (CatalogueEntry("slim", {"en": "slim cut"}), CatalogueEntry("wide"))

    monkeypatch.setattr(seeding, "entries_of", entries)
    monkeypatch.setattr(seeding, "version_of", lambda name: "2999-01-01" if name == "fits" else version_of(name))
    assert runner.migrate(database_url).migrated == ("product_attributes.fits",)

    rows = {row["name"]: row for row in connection.execute("SELECT * FROM product_attributes.fits")}
    assert {name: rows[name]["id"] for name in before} == before
    assert rows["slim"]["labels"] == {"en": "slim cut"}
    assert {name for name, row in rows.items() if row["retired_at"] is None} == {"slim", "wide", "boxy"}
    with_database = Database(database_url)
    try:
        offered = [entry.name for entry in list_attributes(Asking(with_database), "fits", "", 10, None).items]
    finally:
        with_database.close()
    assert sorted(offered) == ["boxy", "slim", "wide"]

    monkeypatch.undo()  # a program with older tables comes by again
    assert runner.migrate(database_url).migrated == ()
    found = connection.execute("SELECT version FROM product_attributes.fits WHERE name = 'slim'").fetchone()
    assert found == {"version": "2999-01-01"}


def test_rows_that_were_there_before_keep_their_ids(empty_database_url: str) -> None:
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(empty_database_url), poolclass=NullPool
    )
    with engine.begin() as opened:
        upgrade(opened, SHARED, PUBLIC_SCHEMA, BEFORE)
        opened.exec_driver_sql("INSERT INTO product_attributes.brands (id, name) VALUES (2, 'Zara'), (3, 'Mine')")
    runner.migrate(empty_database_url)
    with engine.begin() as opened:
        rows = opened.exec_driver_sql(
            "SELECT id, name, version FROM product_attributes.brands WHERE name IN ('Zara', 'Mine') ORDER BY id"
        )
        assert [tuple(row) for row in rows] == [(2, "Zara", version_of("brands")), (3, "Mine", None)]


def test_a_catalogue_is_searched_by_a_name_or_label_in_any_language(database: Database) -> None:
    def found(catalogue: str, search: str) -> list[str]:
        return [entry.name for entry in list_attributes(Asking(database), catalogue, search, 50, None).items]

    assert found("colors", "Marin") == ["Navy"]
    assert "women/dresses" in found("categories", "jurk")
    assert found("materials", "COTON B") == ["Organic cotton"]
    assert found("brands", "zar")[0] == "Zara"
    assert found("colors", "%") == []


def test_a_catalogue_is_read_in_pages(database: Database) -> None:
    names, cursor = list[str](), None
    while True:
        page = list_attributes(Asking(database), "sizes", "", 100, cursor)
        names += [entry.name for entry in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert names == [entry.name for entry in entries_of("sizes")]


def test_what_is_no_catalogue_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound, match="no catalogue"):
        list_attributes(Asking(database), "users; --", "", 10, None)
    with pytest.raises(InputError):
        list_attributes(Asking(database), "sizes", "", 10, "not-a-cursor")
