"""`stoflow products import`: good rows are kept, bad ones named, exit codes as promised."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

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
    assert result.exit_code == 0
    assert result.stdout.strip() == (
        "2 products imported, 2 rows rejected. "
        "2 had no description and took the title. 1 named no currency and were taken to be in euro."
    )
    assert result.stderr.splitlines() == [
        "line 3: title: The title is empty.",
        'line 4: price: "gratis" is not a price.',
    ]
    with database.tenant(tenant) as session:
        assert [(product.title, product.brand) for product in list_products(session)] == [
            ("Jas", "Max Mara"),
            ("Jurk", "Zara"),
        ]


def test_the_report_is_one_json_document_on_request(settings: Settings, tenant: TenantId, file: Path):
    report = json.loads(run(settings, [str(file), "--tenant", str(tenant), "--json", "--map", "brand==None"]).stdout)
    assert (report["imported"], report["rejected_rows"], len(report["product_ids"])) == (2, 2, 2)
    assert report["rejected"][0] == {"line": 3, "reason": "The title is empty.", "field": "title"}


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
