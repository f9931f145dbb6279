"""Files as sellers and tools made them: their cells arrive, whatever program wrote them."""

import os
from pathlib import Path

import pytest

from stoflow.resources.products.files.rows import Row, column_names, read_rows

CASES = Path(os.environ.get("STOFLOW_SHARED", Path(__file__).parents[4] / "shared")) / "cases"


@pytest.mark.parametrize(
    ("name", "columns", "rows"),
    [
        (
            "04-ebay-file-exchange/file_exchange.csv",
            {"Title": "Floral midi dress women M", "Category ID": "63861"},
            [4],
        ),
        ("04-ebay-file-exchange/classic.csv", {"*Title": "Floral midi dress women", "*StartPrice": "35.00"}, [2]),
        (
            "04-ebay-file-exchange/active-listings-report.csv",
            {"Item number": "110000000001", "Custom label (SKU)": "FX-3"},
            [2],
        ),
        ("06-xlsx-instead-of-csv/products.xlsx", {"title": "Scarf", "price": 12}, [2]),
        ("06-xlsx-instead-of-csv/products.csv", {"title": "Scarf", "price": 12}, [2]),
        ("28-same-header-twice/same-name.csv", {"image": "a.jpg", "image (2)": "b.jpg", "image (3)": "c.png"}, [2]),
        ("28-same-header-twice/numbered.csv", {"image1": "a.jpg", "image2": "b.jpg", "image3": "c.png"}, [2]),
        ("30-german-size-column/kleider.csv", {"Größe": "38", "Farbe": "weiß"}, [2]),
    ],
)
def test_a_file_from_the_field_is_read(name: str, columns: dict[str, object], rows: list[int]):
    file = CASES / name
    if not file.exists():
        pytest.skip(f"{name} lies in the folder STOFLOW_SHARED names, which is not here")
    found = list(read_rows(file))
    assert [(type(row), row.line) for row in found] == [(Row, line) for line in rows]
    first = found[0]
    assert isinstance(first, Row)
    assert columns.items() <= dict(first.values).items()
    assert set(first.values) == set(column_names(file))
