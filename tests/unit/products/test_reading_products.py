"""Other people's columns become products, row by row."""

from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stoflow.domain.errors import InputError
from stoflow.domain.product import NewProduct, ProductImage
from stoflow.resources.products.fields.mapping import parse_mapping
from stoflow.resources.products.file import OPEN_GROUPS, ReadProduct, read_products
from stoflow.resources.products.files.rows import RejectedRow


def read(
    path: Path, text: str, *options: str, group_by: str | None = None
) -> tuple[list[NewProduct], list[RejectedRow]]:
    path.write_text(text, "utf-8")
    items = list(read_products(path, mapping=parse_mapping(options), group_by=group_by))
    products = [item.product for item in items if isinstance(item, ReadProduct)]
    return products, [item for item in items if isinstance(item, RejectedRow)]


def test_known_names_of_columns_map_by_themselves(tmp_path: Path):
    text = (
        "Titre;Prix;Marque;Taille;Couleurs;État;Genre;Matière;Réf;Photos\n"
        "Robe;12,50 €;Sézane;M;noir, blanc;Bon état;Femme;Soie;A1;a.jpg|b.jpg\n"
    )
    assert read(tmp_path / "a.csv", text) == (
        [
            NewProduct(
                title="Robe",
                description="",
                price=Decimal("12.50"),
                brand="Sézane",
                condition=6,
                size="M",
                colors=("noir", "blanc"),
                materials=("Soie",),
                gender="women",
                images=(ProductImage(1, "a.jpg"), ProductImage(2, "b.jpg")),
                sku="A1",
            )
        ],
        [],
    )


def test_the_more_telling_of_two_columns_wins_and_the_other_steps_in(tmp_path: Path):
    text = "title,price,category,category_path\na,1,tops,tops.shirts\nb,1,tops,\n"
    products, _ = read(tmp_path / "a.csv", text)
    assert [product.category for product in products] == ["tops.shirts", "tops"]


def test_a_mapping_goes_before_the_known_names(tmp_path: Path):
    products, _ = read(tmp_path / "a.csv", "title,Model,price\na,Z-1,1\n", "title=model,currency==GBP")
    assert (products[0].title, products[0].currency) == ("Z-1", "GBP")


def test_a_field_may_be_named_as_its_columns_are(tmp_path: Path):
    products, _ = read(tmp_path / "a.csv", "title,price,A,B\na,1,red,x.jpg\n", "colour=A,photos=B")
    assert (products[0].colors, products[0].images) == (("red",), (ProductImage(1, "x.jpg"),))


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["title"], "The option map takes field=Column"),
        (["flavour=Model"], 'no field "flavour"'),
        (["title=Nowhere"], 'no column "Nowhere"'),
    ],
)
def test_a_wrong_mapping_is_refused_before_anything_is_read(tmp_path: Path, options: list[str], reason: str):
    with pytest.raises(InputError, match=reason):
        read(tmp_path / "a.csv", "title,price\na,1\n", *options)


def test_a_file_without_a_price_says_how_to_name_it(tmp_path: Path):
    with pytest.raises(InputError, match=r"the option map, price=Column.* The file has title, cost"):
        read(tmp_path / "a.csv", "title,cost\na,1\n")


def test_bad_rows_are_named_by_line_and_field_and_good_ones_kept(tmp_path: Path):
    text = 'title,price,qty,currency\ngood,5,,\n,5,,\nx,,,\nx,free,,\nx,5,-1,\nx,5,,shells\n"nul\0",5,,\nlast,5,2,USD\n'
    products, rejected = read(tmp_path / "a.csv", text)
    assert [product.title for product in products] == ["good", "last"]
    assert [(row.line, row.field) for row in rejected] == [
        (3, "title"),
        (4, "price"),
        (5, "price"),
        (6, "quantity"),
        (7, "currency"),
        (8, "title"),
    ]
    assert rejected[2].reason == '"free" is not a price.'


def test_half_a_character_out_of_json_is_refused(tmp_path: Path):
    _, rejected = read(tmp_path / "a.ndjson", '{"title": "\\ud800", "price": 5}\n')
    assert [(row.line, row.field) for row in rejected] == [(1, "title")]


def test_a_title_that_is_a_novel_is_refused(tmp_path: Path):
    _, rejected = read(tmp_path / "a.csv", f"title,price\n{'x' * 501},5\n")
    assert rejected == [
        RejectedRow(2, "The text has 501 characters where 500 are allowed.", "title", "title", "x" * 200)
    ]


@pytest.mark.parametrize(
    ("column", "one", "kept", "reason"),
    [
        ("photos", "p{}.jpg", 250, "The product names 251 photos where 250 are allowed."),
        ("colors", "red {}", 100, "The cell lists 101 words where 100 are allowed."),
    ],
)
def test_a_list_is_kept_whole_or_its_row_is_named(tmp_path: Path, column: str, one: str, kept: int, reason: str):
    whole, longer = ("|".join(one.format(number) for number in range(count)) for count in (kept, kept + 1))
    products, rejected = read(tmp_path / "a.csv", f"title,price,{column}\na,1,{whole}\nb,1,{longer}\n")
    assert [len(each.images) + len(each.colors) for each in products] == [kept]
    assert [(row.line, row.reason) for row in rejected] == [(3, reason)]


def test_one_column_per_grade_gives_the_condition(tmp_path: Path):
    products, _ = read(tmp_path / "a.csv", "title,price,is_new,is_gently_used\na,1,False,True\nb,1,1,0\nc,1,no,no\n")
    assert [product.condition for product in products] == [8, 10, None]


def test_photos_one_per_row_are_one_product(tmp_path: Path):
    text = "ID,Title,Price,Images\n1,a,5,1.jpg\n1,a,5,2.jpg\n2,b,6,3.jpg\n1,a,5,4.jpg\n"
    for group_by in ("id", None):
        products, rejected = read(tmp_path / "a.csv", text, group_by=group_by)
        assert [[image.path for image in product.images] for product in products] == [
            ["1.jpg", "2.jpg", "4.jpg"],
            ["3.jpg"],
        ]
        assert not rejected


def test_rows_of_one_id_that_differ_are_products_of_their_own_unless_grouped(tmp_path: Path):
    text = "ID,Title,Price\n1,small,5\n1,large,5\n"
    assert len(read(tmp_path / "a.csv", text)[0]) == 2
    assert len(read(tmp_path / "a.csv", text, group_by="ID")[0]) == 1


def test_a_product_that_comes_back_after_a_thousand_others_is_not_doubled(tmp_path: Path):
    others = "".join(f"{number},t,5\n" for number in range(2, OPEN_GROUPS + 3))
    products, rejected = read(tmp_path / "a.csv", f"ID,Title,Price\n1,t,5\n{others}1,t,5\n", group_by="ID")
    assert len(products) == OPEN_GROUPS + 2
    assert [row.line for row in rejected] == [OPEN_GROUPS + 4]


def test_products_that_stand_in_one_line_stay_apart(tmp_path: Path):
    products, _ = read(tmp_path / "a.json", '[{"title": "a", "price": 1}, {"title": "b", "price": 2}]')
    assert [product.title for product in products] == ["a", "b"]


def test_a_photo_that_no_file_can_be_is_not_left_out_in_silence(tmp_path: Path):
    _, rejected = read(tmp_path / "a.csv", "title,price,image\na,1,b\x00.jpg\n")
    assert [(row.field, row.column) for row in rejected] == [("images", "image")]


def test_what_a_marketplace_calls_sold_is_sold_in_french_too(tmp_path: Path):
    products, _ = read(tmp_path / "a.csv", "Titre;Prix;Statut\na;1;vendu\nb;1;actif\n")
    assert [product.quantity for product in products] == [0, 1]


def test_a_report_of_a_german_account_has_its_own_keys(tmp_path: Path):
    header = "Artikelnummer;Titel;Bestandseinheit (SKU);Verfügbare Menge;Währung;Startpreis;Aktueller Preis;Zustand"
    products, _ = read(tmp_path / "a.csv", f"{header}\n1101;Mantel;A-1;2;EUR;;1.299,00;Gebraucht\n")
    assert [(each.external_id, each.sku, each.quantity, str(each.price)) for each in products] == [
        ("1101", "A-1", 2, "1299.00")
    ]


def test_a_currency_nobody_wrote_is_assumed_and_said(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_text("title,price,marketplace\na,5,\nb,5 €,\nc,5,grailed\n")
    items = [item for item in read_products(path, mapping={}) if isinstance(item, ReadProduct)]
    assert [(item.product.currency, item.currency_assumed) for item in items] == [
        ("EUR", True),
        ("EUR", False),
        ("USD", False),
    ]


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=400) | st.text(max_size=400).map(str.encode))
def test_whatever_a_file_holds_it_is_read_or_refused_in_words(tmp_path_factory: pytest.TempPathFactory, content: bytes):
    path = tmp_path_factory.mktemp("fuzz", numbered=True) / "a.csv"
    for head, mapping in ((b"title,price,images,id\n", {}), (b'{"title": "a", "price": 5}\n', {}), (b"", {})):
        path.write_bytes(head + content)
        with suppress(InputError):
            for item in read_products(path, mapping=mapping):
                assert item.reason if isinstance(item, RejectedRow) else item.product.title
