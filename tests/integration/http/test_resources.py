"""A resource is one file at the door: whoever adds one edits nothing else."""

import sys
from pathlib import Path
from typing import Any

import pytest

from stoflow.http import resources

HERE = "stoflow.http.resources.shops"
SHOPS = '''"""Where the tenant may sell, as an example of a resource."""

from stoflow.http.context import Context
from stoflow.http.rest.answers import Answered
from stoflow.http.rest.endpoint import Asked, Operation


class Shops(Answered):
    tenant: int
    names: list[str]


def list_shops(context: Context, asked: Asked) -> Shops:
    return Shops(tenant=asked.tenant, names=sorted(context.registry.marketplaces))


OPERATIONS = (Operation("GET", "/api/shops", "listShops", "List the shops.", list_shops, Shops, problems=(422,)),)
'''


@pytest.fixture
def with_shops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shops.py").write_text(SHOPS, encoding="utf-8")
    monkeypatch.setattr(resources, "__path__", [*resources.__path__, str(tmp_path)])
    monkeypatch.setattr(resources, "shops", None, raising=False)
    monkeypatch.setitem(sys.modules, HERE, sys)  # so that what is imported in its place is forgotten
    monkeypatch.delitem(sys.modules, HERE)


@pytest.mark.usefixtures("with_shops")
def test_a_file_beside_the_others_is_served_and_described(start_api: Any) -> None:
    api = start_api()
    assert api.ask("GET", "/api/shops").json() == {"tenant": api.alice, "names": ["ebay", "etsy", "vinted"]}
    assert api.ask_unknown("GET", "/api/shops").status_code == 401
    assert api.ask_unknown("GET", "/openapi.json").json()["paths"]["/api/shops"]["get"]["operationId"] == "listShops"


def test_without_it_nothing_of_it_is_there(start_api: Any) -> None:
    api = start_api()
    assert api.ask("GET", "/api/shops").status_code == 404
