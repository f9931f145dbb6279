"""A Python client, generated from the document that a running api serves, does no harm."""

import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from subprocess import run
from typing import Any

import pytest
import yaml

from stoflow.http.resources.photos import PHOTO_TYPES

PACKAGE = "stoflow_client"
CONFIGURATION = {
    "package_name_override": PACKAGE,
    "post_hooks": [],  # nobody reads what is made here
    "content_type_overrides": dict.fromkeys(
        (*PHOTO_TYPES, "application/zip", "application/openmetrics-text", "application/vnd.google.protobuf"),
        "application/octet-stream",
    ),
}


@pytest.fixture(scope="session")
def generate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], None]]:
    """Make a client of a document, once for each document, and let this process find it."""
    folder = tmp_path_factory.mktemp("generated")

    @cache
    def generate_once(document: str) -> None:
        (folder / "openapi.json").write_text(document, "utf-8")
        (folder / "config.yml").write_text(yaml.safe_dump(CONFIGURATION), "utf-8")
        asked = (
            "--path",
            folder / "openapi.json",
            "--config",
            folder / "config.yml",
            "--output-path",
            folder / PACKAGE,
        )
        command = [sys.executable, "-m", "openapi_python_client", "generate", *map(str, asked)]
        done = run([*command, "--meta", "none", "--fail-on-warning"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    sys.path.insert(0, str(folder))
    yield generate_once
    sys.path.remove(str(folder))


class Client:
    """Calls the generated functions by the names of their operations."""

    def __init__(self, connection: Any) -> None:
        self.models = import_module(f"{PACKAGE}.models")
        self.unset = import_module(f"{PACKAGE}.types").UNSET
        self._connection = connection

    def ask(self, about: str, operation: str, *path: Any, **more: Any) -> Any:
        """Return what was answered, as the generated code has read it."""
        function = import_module(f"{PACKAGE}.api.{about}.{operation}").sync_detailed
        return function(*path, client=self._connection, **more).parsed

    def create(self, **fields: Any) -> Any:
        return self.ask("product", "create_product", body=self.models.NewProductBody.from_dict(fields))

    def change(self, product: Any, **fields: Any) -> Any:
        return self.ask("product", "change_product", product.id, body=self.models.ChangedProductBody(**fields))

    def read(self, product: Any) -> dict[str, Any]:
        return self.ask("product", "read_product", product.id).to_dict()


@pytest.fixture
def client(served: Any, generate: Callable[[str], None]) -> Iterator[Client]:
    generate(served.document)
    with import_module(PACKAGE).AuthenticatedClient(served.url, served.token) as connection:
        yield Client(connection)


def test_a_change_of_one_field_changes_nothing_else(client: Client, everything: dict[str, Any]) -> None:
    made = client.create(**everything)
    before = client.read(made)
    assert before == before | everything
    client.change(made, title="Red coat")
    assert client.read(made) == before | {"title": "Red coat"}
    client.change(made)
    client.change(made, price=None)
    assert client.read(made) == before | {"title": "Red coat", "price": None}


@pytest.mark.parametrize("change", [{"title": "Red coat"}, {"brand": "Zara"}, {"condition": None}], ids=str)
def test_what_is_sold_stays_sold(client: Client, change: dict[str, Any]) -> None:
    made = client.create(title="Coat", quantity=0)
    client.change(made, **change)
    assert client.read(made) == made.to_dict() | change
    assert client.read(made)["quantity"] == 0


def test_a_new_product_needs_a_title_and_nothing_else(client: Client) -> None:
    made = client.create(title="Coat")
    assert (made.title, made.price, made.quantity) == ("Coat", None, 1)


def test_a_job_is_asked_for_and_read(client: Client) -> None:
    models, ebay = client.models, client.models.Marketplace.EBAY
    wish = models.NewJob(action_type=models.Action.PUBLISH, product_id=client.create(title="Coat").id)
    made = client.ask("job", "create_job", ebay, body=wish)
    job = client.ask("job", "read_job", made.id)
    assert (job.status, job.marketplace, job.action) == (models.JobStatus.PENDING, ebay, models.Action.PUBLISH)
    assert {task.status for task in job.tasks} == {models.TaskStatus.PENDING}
    timeline = client.ask("job", "read_timeline", made.id)
    assert [entry.to_status for entry in timeline.items] == [models.JobStatus.PENDING]
    found = client.ask("job", "list_jobs", status=models.JobStatus.PENDING, marketplace=ebay)
    assert [one.id for one in found.items] == [made.id]
    cancelled = client.ask("job", "cancel_job", made.id)
    assert cancelled.cancel_requested


def test_pages_are_read_to_their_end(client: Client) -> None:
    made = {client.create(title=f"Coat {number}").id for number in range(3)}
    seen: list[int] = []
    cursor: Any = client.unset
    while cursor is not None:
        page = client.ask("product", "list_products", limit=2, cursor=cursor)
        seen += [product.id for product in page.items]
        cursor = page.next_cursor
    assert sorted(seen) == sorted(made)


def test_what_is_wrong_is_told_by_field(client: Client) -> None:
    problem = client.create(title="")
    assert isinstance(problem, client.models.ProblemBody)
    assert [error.field for error in problem.errors] == ["title"]
