"""`stoflow products import`: good rows are kept, bad ones named, exit codes as promised."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from stoflow.cli.main import stoflow
from stoflow.domain.ids import TenantId
from stoflow.settings import Settings
from stoflow.storage.products import list_products
from stoflow.storage.session import Database

FILE = "Titel;Prijs;Merk\nJurk;12,50 €;Zara\n;5;\nBroek;gratis;\nJas;30;Max Mara\n"


def run(settings: Settings, arguments: Sequence[str]) -> Result:
    secret_keys = ",".join(settings.secret_keys)
    environment = {
        "STOFLOW_HOME": str(settings.home),
        "STOFLOW_DATABASE_URL": settings.database_url,
        "STOFLOW_REDIS_URL": settings.redis_url,
        "STOFLOW_SECRET_KEYS": secret_keys,
    }
    return CliRunner().invoke(stoflow, ["products", "import", *arguments], env=environment)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "kast.csv"
    path.write_text(FILE, "utf-8")
    return path


def test_good_rows_are_kept_and_bad_ones_named(settings: Settings, database: Database, tenant: TenantId, file: Path):
    result = run(settings, [str(file), "--tenant", str(tenant)])
    assert result.exit_code == 1
    assert result.stdout.strip() == (
        "2 created, 0 changed, 0 unchanged, 2 rows rejected. "
        "2 had no description and took the title. 1 named no currency and were taken to be in euro."
    )
    assert result.stderr.splitlines() == [
        "line 3: title: The title is empty.",
        'line 4: price: "gratis" is not a price.',
        f"Error: 2 rows of {file} were rejected; the others are imported.",
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
    assert "There is no tenant 77." in result.stderr


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
