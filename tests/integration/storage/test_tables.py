"""The models say of every table what the migrations made of it."""

import pytest
from sqlalchemy import Table, inspect

from stoflow.domain.ids import TenantId
from stoflow.storage.database.schema_copy import TEMPLATE_SCHEMA
from stoflow.storage.database.session import Database
from stoflow.storage.database.sessions import TENANT_SCHEMA
from stoflow.storage.database.tables import Base, ProductRow

OLD_PRODUCT_COLUMNS = frozenset({"color", "material", "size_normalized", "size_original", "images", "external_ref"})


@pytest.mark.parametrize("table", Base.metadata.sorted_tables, ids=lambda table: table.name)
def test_a_model_has_the_columns_of_its_table(database: Database, table: Table):
    schema = TEMPLATE_SCHEMA if table.schema == TENANT_SCHEMA else table.schema
    with database.shared() as session:
        bind = session.connection()
        found = {each["name"]: each for each in inspect(bind).get_columns(table.name, schema=schema)}
        dialect = bind.dialect
    kept = OLD_PRODUCT_COLUMNS if table is ProductRow.__table__ else frozenset[str]()
    assert set(found) - kept == {column.name for column in table.columns}
    for column in table.columns:
        stored = found[column.name]
        assert column.type.compile(dialect) == stored["type"].compile(dialect), column.name
        assert column.nullable == stored["nullable"], column.name
        assert (column.server_default is not None) == (stored["default"] is not None) or column.primary_key, column.name


def test_defaults_of_the_database_fill_what_a_model_leaves_out(database: Database, tenant: TenantId):
    with database.tenant(tenant) as session:
        session.add(ProductRow(title="Hat"))
    with database.tenant(tenant) as session:
        hat = session.get_one(ProductRow, 1)
        assert (hat.currency, hat.colors, hat.stock_quantity, hat.status, hat.photos) == ("EUR", (), 1, "draft", [])
