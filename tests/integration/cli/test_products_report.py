"""`stoflow products report`: of a file without any server, of a seller with what their accounts say."""

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography.fernet import Fernet
from PIL import Image

from stoflow.cli.main import stoflow
from stoflow.domain.aspect import Aspect, CategoryAspects
from stoflow.domain.ids import TenantId
from stoflow.domain.product import GivenProduct, NewProduct, ProductImage
from stoflow.resources.products.store import Products
from stoflow.settings import Settings
from stoflow.storage.credentials.connections import Connections
from stoflow.storage.credentials.vault import Vault
from stoflow.storage.database.session import Database
from stoflow.storage.taxonomy import save_answer

FILE = """title,price,category,condition,size,gender,color,photo
Summer dress,12.50,women/dresses,8,M,women,red,a.png
Winter dress,0.10,women/dresses,8,M,women,red,a.png
Old dress,0.20,women/dresses,1,M,women,red,a.png
Sticker,5,stickers,8,,,,a.png
Poster,5,posters,8,,,,a.png
,5,women/dresses,8,M,women,red,a.png
"""
EBAY = {
    "marketplace_id": "EBAY_FR",
    "merchant_location_key": "home",
    "fulfillment_policy_id": "1",
    "payment_policy_id": "2",
    "return_policy_id": "3",
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "shop.csv"
    path.write_text(FILE, "utf-8")
    Image.new("RGB", (600, 600), "red").save(tmp_path / "a.png")
    return path


def run(arguments: Sequence[str], environment: dict[str, str | None] | None = None) -> Result:
    return CliRunner().invoke(stoflow, ["products", "report", "--partial", *arguments], env=environment or {})


def shown(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    return {place["marketplace"]: place for place in json.loads(result.stdout)["marketplaces"]}


def test_a_file_is_looked_at_without_a_server_or_a_folder(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run([str(file), "--json"])
    vinted = shown(result)["vinted"]
    assert json.loads(result.stdout)["rejected_rows"] == 1
    assert (vinted["listings"], vinted["ready"], vinted["percent"], vinted["account"]) == (5, 1, 20.0, [])
    assert vinted["missing"] == [
        {"field": "price", "reason": "The price of … EUR is below 1.", "count": 2},
        {"field": "category", "reason": "No category is known for “…”.", "count": 2},
        {
            "field": "condition",
            "reason": "A note of 1 of 10 is too worn to be sold as satisfactory.",
            "count": 1,
        },
    ]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.png", "shop.csv"]


def test_what_the_account_lacks_is_said_apart_and_may_be_assumed(file: Path) -> None:
    bare = shown(run([str(file), "--json"]))["ebay"]
    assert bare["ready"] == 1
    assert {error["field"] for error in bare["account"]} == {
        "account.marketplace_id",
        "account.merchant_location_key",
        "account.fulfillment_policy_id",
        "account.payment_policy_id",
        "account.return_policy_id",
    }
    given = [part for name, value in EBAY.items() for part in ("--setting", f"ebay.{name}={value}")]
    assert shown(run([str(file), "--json", *given]))["ebay"]["account"] == []


def test_the_report_reads_as_sentences_and_tables(file: Path) -> None:
    result = run([str(file), "--setting", "etsy.who_made=i_did", "--setting", "etsy.when_made=2020_2026"])
    assert "vinted takes 1 of 5 listings (20.0 %)." in result.stdout
    assert "No category is known for" in result.stdout
    assert "The Etsy account names no shop." in result.stdout
    assert result.stderr.splitlines() == ["line 7: title: The title is empty."]
    assert "Read: title from title, price from price, category from category" in result.stdout


def test_the_report_rejects_what_an_import_rejects_and_keeps_no_photo(file: Path) -> None:
    file.write_text(
        "sku,title,price,photo\nA-1,Dress,12,a.png\nA-2,Skirt,9,gone.png\nA-3,Hat,free,a.png\n"
        "A-4,Cap,5,https://host/cap.jpg\nA-5,Belt,5,\n"
    )
    result = CliRunner().invoke(stoflow, ["products", "report", str(file), "--json"])
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert [(each["line"], each["field"], each["column"], each["value"]) for each in found["rejected"]] == [
        (3, "images", "photo", "gone.png"), (4, "price", "price", "free")
    ]  # fmt: skip
    assert (found["photos_refused"], found["without_photos"], found["photos_at_addresses"]) == (1, 1, 1)
    assert found["mapping"]["images"] == ["photo"]
    assert {place["listings"] for place in found["marketplaces"]} == {4}  # of the skirt all but its photo is judged
    assert sorted(each.name for each in file.parent.iterdir()) == ["a.png", "shop.csv"]


def test_products_are_judged_though_their_photos_are_not_there(file: Path) -> None:
    file.write_text("title,price,category,condition,size,gender,color,photo\n"
                    "Dress,12,Women > Dresses,good,M,women,red,gone.png\n")  # fmt: skip
    result = CliRunner().invoke(stoflow, ["products", "report", str(file), "--partial"])
    assert result.exit_code == 0
    assert "An import would leave out 1 product for a photo that cannot be taken in." in result.stdout
    assert "Photos aside, vinted takes 1 of 1 listings (100.0 %)." in result.stdout


def test_a_sellers_products_are_judged_by_their_own_accounts(
    settings: Settings, database: Database, tenant: TenantId
) -> None:
    connections = Connections(database, Vault(settings.secret_keys or (Fernet.generate_key().decode(),)))
    connections.save(tenant, "ebay", external_id="e-1", settings=EBAY)
    photo = settings.home / "media" / "1.jpg"
    photo.parent.mkdir(parents=True)
    photo.write_bytes(b"a photo")
    dress = NewProduct(
        "Dress", "", Decimal(20), category="women/dresses", condition=8, size="M", colors=("red",),
        images=(ProductImage(1, "1.jpg"),),
    )  # fmt: skip
    bare = NewProduct("Bare", "", Decimal(20), category="women/dresses")
    given = [GivenProduct(product, frozenset(), line) for line, product in enumerate([dress] * 250 + [bare], start=2)]
    Products(database).put(tenant, given, {})
    environment = environment_of(settings)
    ebay = shown(run(["--tenant", str(tenant), "--json"], environment))["ebay"]
    assert (ebay["listings"], ebay["ready"], ebay["account"]) == (251, 250, [])
    assert {each["field"] for each in ebay["missing"]} == {"condition", "size", "images", "colors"}

    asked = CategoryAspects("71", "138", aspects=(Aspect("Longueur", required=True),))
    save_answer(database, "ebay", "EBAY_FR", "63861", asked)
    ebay = shown(run(["--tenant", str(tenant), "--json"], environment))["ebay"]
    assert ebay["ready"] == 0
    assert {
        "field": "aspects.Longueur",
        "reason": "eBay needs “…” in women/dresses, and the product does not say it.",
        "count": 251,
    } in ebay["missing"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "Name a FILE of products"),
        (["{file}", "--setting", "etsy"], "takes marketplace.name=value"),
        (["{file}", "--setting", "depop.a=b"], "no marketplace depop"),
        (["{file}", "--setting", "ebay.exchange_rates={oops"], "is no JSON"),
        (["{file}", "--group-by", "Nowhere"], 'no column "Nowhere"'),
        (["{file}", "--map", "flavour=Titel"], 'no field "flavour"'),
    ],
)
def test_wrong_options_are_refused(file: Path, arguments: list[str], reason: str) -> None:
    result = run([each.replace("{file}", str(file)) for each in arguments])
    assert result.exit_code == 2
    assert reason in result.stderr


TWICE = "sku,title,price\nA,Dress,12\nB,Coat,20\nA,Dress again,13\n"


def test_a_key_that_stands_twice_in_a_file_is_named_as_an_import_names_it(
    tmp_path: Path, settings: Settings, tenant: TenantId
) -> None:
    (file := tmp_path / "twice.csv").write_text(TWICE, "utf-8")
    reported = json.loads(run([str(file), "--json"]).stdout)
    arguments = ["products", "import", str(file), "--tenant", str(tenant), "--json", "--partial"]
    imported = json.loads(CliRunner().invoke(stoflow, arguments, env=environment_of(settings)).stdout)
    assert reported["rejected"] == imported["rejected"]
    assert reported["rejected"][0] == {
        "line": 4, "reason": 'The product with the sku "A" is in line 2 already.', "field": "sku", "column": "sku",
        "value": "A",
    }  # fmt: skip
    assert [place["listings"] for place in reported["marketplaces"]] == [2, 2, 2]
    exit_code = CliRunner().invoke(stoflow, ["products", "report", str(file)]).exit_code
    assert exit_code == 1


def test_a_key_is_known_again_however_far_behind_it_stands(tmp_path: Path) -> None:
    rows = "".join(f"P{number},Dress {number},12\n" for number in range(999))
    (file := tmp_path / "long.csv").write_text(f"external_id,title,price\n{rows}P0,Coat,20\n", "utf-8")
    rejected = json.loads(run([str(file), "--json"]).stdout)["rejected"]
    assert [each["reason"] for each in rejected] == ['The product with the external_id "P0" is in line 2 already.']


def test_a_product_left_out_for_its_photo_keeps_nobody_from_its_key(tmp_path: Path) -> None:
    (file := tmp_path / "photo.csv").write_text("sku,title,price,photo\nA,Dress,12,gone.png\nA,Dress,12,\n", "utf-8")
    rejected = json.loads(run([str(file), "--json"]).stdout)["rejected"]
    assert [(each["line"], each["field"]) for each in rejected] == [(2, "images")]


def test_a_file_is_held_against_what_its_seller_has(tmp_path: Path, settings: Settings, tenant: TenantId) -> None:
    (before := tmp_path / "before.csv").write_text("sku,external_id,title,price\nA,1,Dress,12\nB,2,Coat,20\n", "utf-8")
    environment = environment_of(settings)
    CliRunner().invoke(stoflow, ["products", "import", str(before), "--tenant", str(tenant)], env=environment)
    rows = "A,1,Dress,13\nA,2,Both,14\n,1,Dress,15\nC,3,Hat,9\n"
    (file := tmp_path / "now.csv").write_text(f"sku,external_id,title,price\n{rows}", "utf-8")
    result = run([str(file), "--tenant", str(tenant), "--json"], environment)
    imported = ["products", "import", str(file), "--tenant", str(tenant), "--json", "--partial"]
    found, taken = (
        json.loads(each.stdout) for each in (result, CliRunner().invoke(stoflow, imported, env=environment))
    )
    assert found["rejected"] == taken["rejected"]
    assert [each["line"] for each in found["rejected"]] == [3, 4]
    assert (found["known"], taken["changed"], taken["created"]) == (1, 1, 1)
    said = run([str(file), "--tenant", str(tenant)], environment).stdout
    assert "are there already by their keys or words; an import changes what differs." in said


def environment_of(settings: Settings) -> dict[str, str | None]:
    return {
        "STOFLOW_HOME": str(settings.home),
        "STOFLOW_DATABASE_URL": settings.database_url,
        "STOFLOW_REDIS_URL": settings.redis_url,
    }
