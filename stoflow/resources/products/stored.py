"""The store of products, loaded with the first one asked for: SQLAlchemy takes a fifth of an idle api's memory."""

from importlib import import_module
from typing import TYPE_CHECKING

from stoflow.storage.database.session import Database

if TYPE_CHECKING:
    from stoflow.resources.products.store import Products


def products_in(database: Database) -> "Products":
    return import_module("stoflow.resources.products.store").Products(database)
