"""Files of products given over HTTP: read while nobody waits, reported row by row, and again after a death."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from stoflow.domain.audit import OPERATOR
from stoflow.domain.errors import Conflict, InputError, NotFound
from stoflow.domain.files import GivenFile
from stoflow.domain.ids import ProcessId, TenantId
from stoflow.domain.imported import FileReading, ImportStatus, ImportView
from stoflow.domain.quota import QuotaName
from stoflow.resources.imports.asking import find_import, list_rejections, start_import
from stoflow.resources.imports.running import Importer
from stoflow.resources.products.editing import page_of
from stoflow.resources.products.media import MediaFolder
from stoflow.resources.products.photo_source import no_addresses
from stoflow.resources.products.store import Products
from stoflow.storage.database.session import Database
from stoflow.storage.engine.processes import mark_dead, register_process
from stoflow.storage.tenants.quotas import set_limits

HEADER = "title,price,currency,sku\n"


class Place:
    """What the use cases need: a database, and a folder in which files wait."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.imports = folder
        self.asked = 0

    def import_asked(self) -> None:
        self.asked += 1


@pytest.fixture
def place(database: Database, tmp_path: Path) -> Place:
    return Place(database, tmp_path / "imports")


@pytest.fixture
def anna(tenants: Callable[[], TenantId]) -> TenantId:
    return tenants()


@contextmanager
def fetching() -> Iterator[Any]:
    yield no_addresses


def importer(place: Place, tmp_path: Path) -> Importer:
    """An importer in a process of its own."""
    with place.database.records() as connection:
        process = register_process(connection, "api", lease_s=600)
    return Importer(place.database, place.imports, MediaFolder(tmp_path / "media"), fetching, lambda: process)


def given(place: Place, tenant: TenantId, content: str, **reading: str) -> ImportView:
    return start_import(place, tenant, GivenFile("", BytesIO(content.encode())), FileReading(**reading))


def products(place: Place, tenant: TenantId) -> list[tuple[str, str]]:
    page = page_of(place.database, tenant, 1_000, None)
    return sorted((product.title, product.sku) for product in page.items)


def bury(place: Place, process: ProcessId) -> None:
    with place.database.records() as connection:
        mark_dead(connection, process)


def counts(view: ImportView) -> tuple[ImportStatus, int, int, int]:
    return view.status, view.rows, view.imported, view.rejected


def test_a_file_is_imported_and_its_bad_rows_are_told_page_by_page(
    place: Place, anna: TenantId, tmp_path: Path
) -> None:
    content = f"{HEADER}Coat,12.50,EUR,A\nHat,much,EUR,B\nBelt,3,EUR,C\n,5,EUR,D\nScarf,5,EUR,A\n"
    asked = given(place, anna, content)
    assert counts(asked) == (ImportStatus.PENDING, 0, 0, 0)
    assert place.asked == 1
    one = importer(place, tmp_path)
    assert one.turn()
    assert not one.turn()
    found = find_import(place, anna, asked.id)
    assert counts(found) == (ImportStatus.COMPLETED, 5, 2, 3)
    assert found.started_at
    assert found.completed_at
    assert products(place, anna) == [("Belt", "C"), ("Coat", "A")]
    first = list_rejections(place, anna, asked.id, 2, None)
    rest = list_rejections(place, anna, asked.id, 2, first.next_cursor)
    assert sorted(each.line for each in (*first.items, *rest.items)) == [3, 5, 6]
    assert rest.next_cursor is None
    by_line = {each.line: each for each in (*first.items, *rest.items)}
    assert (by_line[3].field, by_line[3].column, by_line[3].value) == ("price", "price", "much")
    assert by_line[6].reason == 'The product with the sku "A" is in line 2 already.'
    assert list(place.imports.iterdir()) == []


def test_lines_of_json_and_other_names_of_columns_are_read(place: Place, anna: TenantId, tmp_path: Path) -> None:
    rows = "\n".join(json.dumps({"Was": f"Coat {n}", "Kostet": n}) for n in (1, 2))
    asked = given(place, anna, rows, map="title=Was,price=Kostet,currency==CHF")
    importer(place, tmp_path).turn()
    assert counts(find_import(place, anna, asked.id)) == (ImportStatus.COMPLETED, 2, 2, 0)
    assert products(place, anna) == [("Coat 1", ""), ("Coat 2", "")]


@pytest.mark.parametrize(
    ("content", "reading", "said"),
    [
        ("", {}, "empty"),
        ("a,b\n1,2\n", {}, "No column looks like the title"),
        ("[]", {}, "The file holds no products"),
        ("{}", {}, "The file holds no products"),
        (f"{HEADER}Coat,1,EUR,A\n", {"map": "title=Nothing"}, 'no column "Nothing"'),
        (f"{HEADER}Coat,1,EUR,A\n", {"map": "nonsense"}, "The option map"),
        (f"{HEADER}Coat,1,EUR,A\n", {"group_by": "Nothing"}, 'no column "Nothing"'),
        ("%PDF-1.7", {}, "PDF"),
    ],
)
def test_a_file_in_which_no_products_can_be_found_is_refused_at_once(
    place: Place, anna: TenantId, content: str, reading: dict[str, str], said: str
) -> None:
    with pytest.raises(InputError, match=said) as refused:
        given(place, anna, content, **reading)
    assert str(place.imports) not in str(refused.value)
    assert list(place.imports.iterdir()) == []


def test_a_seller_has_one_import_under_way_and_nobody_sees_anothers(
    place: Place, tenants: Callable[[], TenantId], tmp_path: Path
) -> None:
    anna, ben = tenants(), tenants()
    asked = given(place, anna, f"{HEADER}Coat,1,EUR,A\n,,,\n")
    with pytest.raises(Conflict):
        given(place, anna, f"{HEADER}Hat,1,EUR,B\n")
    others = given(place, ben, f"{HEADER}Belt,1,EUR,C\n")
    one = importer(place, tmp_path)
    while one.turn():
        pass
    assert (products(place, anna), products(place, ben)) == ([("Coat", "A")], [("Belt", "C")])
    with pytest.raises(NotFound):
        find_import(place, ben, asked.id)
    with pytest.raises(NotFound):
        list_rejections(place, anna, others.id, 10, None)
    given(place, anna, f"{HEADER}Hat,1,EUR,B\n")


class Died(BaseException):
    """What ends a process in the middle."""


def test_an_import_whose_process_died_is_done_again_and_nothing_is_there_twice(
    place: Place, anna: TenantId, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyless = "".join(f"Coat {n},{n},EUR,\n" for n in range(1, 501))
    asked = given(place, anna, f"{HEADER}Hat,much,EUR,B\n{keyless}")
    dying, put = importer(place, tmp_path), Products.put

    def put_once(*arguments: Any) -> Any:
        put(*arguments)
        raise Died

    with monkeypatch.context() as patched:
        patched.setattr(Products, "put", put_once)
        with pytest.raises(Died):
            dying.turn()
    assert len(products(place, anna)) == 200
    assert find_import(place, anna, asked.id).status is ImportStatus.RUNNING
    other = importer(place, tmp_path)
    assert not other.turn()  # it may still be alive
    bury(place, dying.process())
    assert other.turn()
    assert counts(find_import(place, anna, asked.id)) == (ImportStatus.COMPLETED, 501, 500, 1)
    assert len(products(place, anna)) == 500
    assert [each.line for each in list_rejections(place, anna, asked.id, 10, None).items] == [2]


def test_who_was_taken_for_dead_writes_nothing_more(
    place: Place, anna: TenantId, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = given(place, anna, HEADER + "".join(f"Coat {n},{n},EUR,S{n}\n" for n in range(1, 501)))
    paused, other, put = importer(place, tmp_path), importer(place, tmp_path), Products.put
    batches: list[int] = []

    def put_late(store: Products, tenant: TenantId, batch: Any, before: Any) -> Any:
        batches.append(len(batch))
        if len(batches) == 1:
            bury(place, paused.process())
            assert other.turn()
        return put(store, tenant, batch, before)

    monkeypatch.setattr(Products, "put", put_late)
    assert paused.turn()
    assert batches == [200, 200, 200, 100]
    assert counts(find_import(place, anna, asked.id)) == (ImportStatus.COMPLETED, 500, 500, 0)


def test_a_process_that_ends_leaves_its_import_to_the_next(place: Place, anna: TenantId, tmp_path: Path) -> None:
    asked = given(place, anna, f"{HEADER}Coat,1,EUR,A\n")
    ending = importer(place, tmp_path)
    ending.ending.set()
    ending.turn()
    assert find_import(place, anna, asked.id).status is ImportStatus.RUNNING
    assert importer(place, tmp_path).turn()
    assert counts(find_import(place, anna, asked.id)) == (ImportStatus.COMPLETED, 1, 1, 0)


def test_a_file_that_breaks_off_fails_with_the_reason(place: Place, anna: TenantId, tmp_path: Path) -> None:
    asked = given(place, anna, f"{HEADER}Coat,1,EUR,A\n")
    waiting = next(place.imports.iterdir())
    waiting.write_bytes(b"a,b\n1,2\n")
    importer(place, tmp_path).turn()
    found = find_import(place, anna, asked.id)
    assert (found.status, found.imported) == (ImportStatus.FAILED, 0)
    assert found.reason.startswith("No column looks like the title")
    assert list(place.imports.iterdir()) == []


def test_no_file_of_this_machine_is_taken_for_a_photo(place: Place, anna: TenantId, tmp_path: Path) -> None:
    asked = given(place, anna, "title,price,images\nCoat,1,products.jpg\n")
    (place.imports / "products.jpg").write_bytes(b"x")
    importer(place, tmp_path).turn()
    rejected = list_rejections(place, anna, asked.id, 10, None).items
    assert [(each.field, each.line) for each in rejected] == [("images", 2)]
    assert "an import takes addresses" in rejected[0].reason
    assert str(tmp_path) not in rejected[0].reason


def test_an_import_waits_for_whoever_has_its_file(place: Place, anna: TenantId, tmp_path: Path) -> None:
    given(place, anna, f"{HEADER}Coat,1,EUR,A\n")
    elsewhere = replace(importer(place, tmp_path), folder=tmp_path / "another")
    assert not elsewhere.turn()
    assert importer(place, tmp_path).turn()


def test_rows_over_the_quota_are_told_one_by_one_and_those_of_known_products_go_on(
    place: Place, tmp_path: Path, anna: TenantId
) -> None:
    given(place, anna, f"{HEADER}Coat,1,EUR,A-1\n")
    importer(place, tmp_path).turn()
    set_limits(place.database, anna, {QuotaName.PRODUCTS: 3}, OPERATOR)
    rows = "".join(f"Hat {number},2,EUR,H-{number}\n" for number in range(4))
    started = given(place, anna, f"{HEADER}{rows}Jacket,1,EUR,A-1\n")
    importer(place, tmp_path).turn()
    found = find_import(place, anna, started.id)
    assert (found.status, found.imported, found.rejected) == (ImportStatus.COMPLETED, 3, 2)
    told = [(row.line, row.reason) for row in list_rejections(place, anna, started.id, 10, None).items]
    assert told == [(4, "Your quota of 3 products is used up."), (5, "Your quota of 3 products is used up.")]
    assert products(place, anna) == [("Hat 0", "H-0"), ("Hat 1", "H-1"), ("Jacket", "A-1")]
