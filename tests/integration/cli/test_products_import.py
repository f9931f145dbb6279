"""`stoflow products import`: good rows are kept, bad ones named, exit codes as promised."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image
from sqlalchemy import text

from stoflow.cli.main import stoflow
from stoflow.domain.ids import TenantId
from stoflow.resources.observed.read import ListingFilter, list_listings
from stoflow.settings import Settings
from stoflow.storage.database.session import Database
from stoflow.storage.products.snapshots import list_products
from tests.harness.asking import Asking

FILE = "Titel;Prijs;Merk\nJurk;12,50 €;Zara\n;5;\nBroek;gratis;\nJas;30;Max Mara\n"


def run(settings: Settings, arguments: Sequence[str]) -> Result:
    return run_products(settings, ["import", *arguments])


def run_products(settings: Settings, arguments: Sequence[str]) -> Result:
    secret_keys = ",".join(settings.secret_keys)
    environment = {
        "STOFLOW_HOME": str(settings.home),
        "STOFLOW_DATABASE_URL": settings.database_url,
        "STOFLOW_REDIS_URL": settings.redis_url,
        "STOFLOW_SECRET_KEYS": secret_keys,
    }
    return CliRunner().invoke(stoflow, ["products", *arguments], env=environment)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "kast.csv"
    path.write_text(FILE, "utf-8")
    return path


def test_good_rows_are_kept_and_bad_ones_named(settings: Settings, database: Database, tenant: TenantId, file: Path):
    result = run(settings, [str(file), "--tenant", str(tenant)])
    assert result.exit_code == 1
    mapping, report = result.stdout.splitlines()
    assert mapping == "Read: title from Titel, price from Prijs, brand from Merk."
    assert report == (
        "2 created, 0 changed, 0 unchanged, 2 rows rejected. "
        "2 have no sku and no external_id: with other words each is a new product. 2 have no photo. "
        "2 had no description and took the title. 1 named no one currency and were taken to be in EUR (1)."
    )
    assert result.stderr.splitlines() == [
        "line 3: title: The title is empty.",
        'line 4, column "Prijs": price: "gratis" is not a price.',
        f"Error: Rejected of {file}: 2 rows; the others are imported.",
    ]
    with database.tenant(tenant) as session:
        assert [(product.title, product.brand) for product in list_products(session)] == [
            ("Jas", "Max Mara"),
            ("Jurk", "Zara"),
        ]


def test_the_report_is_one_json_document_on_request(settings: Settings, tenant: TenantId, file: Path):
    report = json.loads(run(settings, [str(file), "--tenant", str(tenant), "--json", "--map", "brand==None"]).stdout)
    assert (report["imported"], report["rejected_rows"], len(report["product_ids"])) == (2, 2, 2)
    assert {name: report[name] for name in ("created", "changed", "unchanged")} == {
        "created": 2, "changed": 0, "unchanged": 0
    }  # fmt: skip
    assert report["rejected"][0] == {
        "line": 3, "reason": "The title is empty.", "field": "title", "column": "", "value": ""
    }  # fmt: skip
    assert report["rejected"][1] == {
        "line": 4, "reason": '"gratis" is not a price.', "field": "price", "column": "Prijs", "value": "gratis"
    }  # fmt: skip
    assert (report["profile"], report["mapping"]) == (
        "", {"title": ["Titel"], "price": ["Prijs"], "brand": ["=None"]}
    )  # fmt: skip
    assert (report["without_photos"], report["linked"], report["not_linked"]) == (2, 0, [])


def test_a_file_imported_twice_changes_and_never_doubles(
    settings: Settings, database: Database, tenant: TenantId, file: Path
):
    def fates(rows: str) -> tuple[int, int, int]:
        file.write_text(f"SKU;Titel;Prijs;Aantal\n{rows}", "utf-8")
        report = json.loads(run(settings, [str(file), "--tenant", str(tenant), "--json", "--partial"]).stdout)
        return report["created"], report["changed"], report["unchanged"]

    assert fates("A-1;Jurk;12,50 €;3\nA-2;Broek;9 €;1\n") == (2, 0, 0)
    assert fates("A-1;Jurk;12,50 €;\nA-2;Broek;9 €;1\n") == (0, 0, 2)
    assert fates("A-1;Jurk;12 €;\nA-2;Broek;9 €;1\nA-3;Jas;30 €;1\nA-3;Jas;31 €;1\n") == (1, 1, 1)
    with database.tenant(tenant) as session:
        kept = {product.sku: (str(product.price), product.quantity) for product in list_products(session)}
    assert kept == {"A-1": ("12.00", 3), "A-2": ("9.00", 1), "A-3": ("30.00", 1)}


def test_rejected_rows_end_with_exit_code_1_unless_a_part_is_enough(settings: Settings, tenant: TenantId, file: Path):
    assert run(settings, [str(file), "--tenant", str(tenant)]).exit_code == 1
    assert run(settings, [str(file), "--tenant", str(tenant), "--partial"]).exit_code == 0


def test_a_file_without_one_good_row_fails(settings: Settings, tenant: TenantId, file: Path):
    file.write_text("title,price\nx,free\n")
    result = run(settings, [str(file), "--tenant", str(tenant)])
    assert result.exit_code == 1
    assert "No product of" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--map", "colour=Nowhere"], 'no column "Nowhere"'),
        (["--map", "flavour=Titel"], 'no field "flavour"'),
        (["--group-by", "Nowhere"], 'no column "Nowhere"'),
    ],
)
def test_wrong_options_are_refused(settings: Settings, tenant: TenantId, file: Path, arguments: list[str], reason: str):
    result = run(settings, [str(file), "--tenant", str(tenant), *arguments])
    assert result.exit_code == 2
    assert reason in result.stderr


def test_a_tenant_nobody_made_is_named(settings: Settings, file: Path):
    result = run(settings, [str(file), "--tenant", "77"])
    assert result.exit_code == 1
    assert "There is no tenant 77: " in result.stderr


def test_a_file_that_says_0_ends_every_listing_and_one_that_says_more_takes_that_back(
    settings: Settings, database: Database, tenant: TenantId, tmp_path: Path
):
    file = tmp_path / "stock.csv"

    def removals(quantity: int) -> list[tuple[str, str]]:
        Image.new("RGB", (640, 480)).save(tmp_path / "1.jpg")
        file.write_text(f"sku,title,price,currency,quantity,image\nA1,Coat,12.00,EUR,{quantity},1.jpg\n", "utf-8")
        result = run(settings, [str(file), "--tenant", str(tenant)])
        assert result.exit_code == 0, result.output
        with database.records() as connection:
            rows = connection.execute(f"SELECT marketplace, status FROM user_{tenant}.marketplace_jobs".encode())
            return sorted((row["marketplace"], row["status"]) for row in rows)

    assert removals(2) == []
    with database.records() as connection:
        connection.execute(
            f"INSERT INTO user_{tenant}.listings (product_id, marketplace, external_id, visible) "
            f"SELECT id, unnest(ARRAY['ebay', 'etsy', 'vinted']), '77', true FROM user_{tenant}.products".encode()
        )
    places = ("ebay", "etsy", "vinted")
    assert removals(0) == [(place, "pending") for place in places]
    assert removals(0) == [(place, "pending") for place in places]
    assert removals(4) == [(place, "cancelled") for place in places]


def test_a_photo_is_the_same_photo_the_second_time_and_a_missing_one_names_its_product(
    settings: Settings, database: Database, tenant: TenantId, file: Path
):
    Image.new("RGB", (40, 40), "red").save(file.parent / "a.png")
    file.write_text("sku,title,price,currency,photo\nA-1,Dress,12,EUR,a.png\nA-2,Skirt,9,EUR,gone.png\n")
    reports = [json.loads(run(settings, [str(file), "--tenant", str(tenant), "--json"]).stdout) for _ in range(2)]
    assert [(each["created"], each["unchanged"], each["photos_refused"]) for each in reports] == [(1, 0, 1), (0, 1, 1)]
    assert (reports[0]["rejected"][0]["line"], reports[0]["rejected"][0]["value"]) == (3, "gone.png")
    with database.tenant(tenant) as session:
        assert [len(product.images) for product in list_products(session)] == [1]


def test_the_person_who_imports_says_what_the_file_does_not(
    settings: Settings, database: Database, tenant: TenantId, file: Path
):
    file.write_text("sku,title,price\nA-1,Dress,1.299\n")
    asked = [str(file), "--tenant", str(tenant)]
    assert run(settings, asked).exit_code == 1
    result = run(settings, [*asked, "--currency", "GBP", "--decimal", "comma"])
    assert result.exit_code == 0, result.output
    with database.tenant(tenant) as session:
        assert [(str(each.price), each.currency) for each in list_products(session)] == [("1299.00", "GBP")]


ACTIVE = "Item number,Title,Custom label (SKU),Available quantity,Format,Currency,Start price\n"


def test_a_marketplace_s_own_report_links_to_what_a_sync_found(
    settings: Settings, database: Database, tenant: TenantId, file: Path
):
    with database.tenant(tenant) as session:
        session.execute(
            text(
                f"INSERT INTO user_{tenant}.remote_listings (marketplace, external_id, state, sku) VALUES "
                "('ebay', '110001', 'for_sale', 'X'), ('ebay', '110002', 'for_sale', 'A-2'), "
                "('ebay', '110003', 'for_sale', 'A-3'), ('ebay', '110004', 'for_sale', 'A-3')"
            )
        )
    rows = "110001,Dress,A-1,1,FIXED_PRICE,EUR,12.50\n110002,Skirt,A-2,1,FIXED_PRICE,EUR,9\n990003,Hat,A-3,1,F,EUR,5\n"
    file.write_text(f"{ACTIVE}{rows}")
    report = json.loads(run(settings, [str(file), "--tenant", str(tenant), "--json"]).stdout)
    assert (report["profile"], report["created"], report["linked"]) == ("eBay Seller Hub report", 3, 2)
    assert {(each["listing"], each["obstacle"]) for each in report["not_linked"]} == {
        ("110003", "several listings"), ("110004", "several listings")
    }  # fmt: skip
    listings = list_listings(Asking(database), tenant, ListingFilter("ebay", linked=True))
    assert [(each.external_id, each.sku) for each in listings.items] == [("110001", "X"), ("110002", "A-2")]
    again = run(settings, [str(file), "--tenant", str(tenant)])
    assert "0 created, 0 changed, 3 unchanged, 0 rows rejected." in again.stdout
    assert "Product 3 has the key of more than one listing on ebay; 110003 is one." in again.stdout


def test_what_there_is_is_listed_with_where_it_is_for_sale(
    settings: Settings, database: Database, tenant: TenantId, file: Path
):
    file.write_text("sku,title,price,currency,quantity\nA-1,Dress,12.5,EUR,2\nA-2,Skirt,9,EUR,1\nA-3,Hat,5,EUR,1\n")
    run(settings, [str(file), "--tenant", str(tenant)])
    with database.tenant(tenant) as session:
        session.execute(
            text(
                f"INSERT INTO user_{tenant}.listings (product_id, marketplace, external_id, visible) VALUES "
                "(1, 'vinted', '1', true), (1, 'ebay', '2', true), (2, 'etsy', '3', false)"
            )
        )
    listed = run_products(settings, ["list", "--tenant", str(tenant), "--json"])
    found = json.loads(listed.stdout)
    assert [each["id"] for each in found] == [3, 2, 1]
    assert found[2] == {
        "id": 1, "sku": "A-1", "external_id": "", "title": "Dress", "price": {"amount": "12.50", "currency": "EUR"},
        "quantity": 2, "photos": 0, "for_sale": ["ebay", "vinted"],
    }  # fmt: skip
    table = run_products(settings, ["list", "--tenant", str(tenant), "--limit", "1"]).stdout
    assert ("Hat" in table, "Dress" in table) == (True, False)
    assert "ebay, vinted" in run_products(settings, ["list", "--tenant", str(tenant), "--all"]).stdout
    assert run_products(settings, ["list", "--tenant", "77"]).exit_code == 1
