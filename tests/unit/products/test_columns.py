"""The columns of a file are found by the tool that wrote it, by the words people use, or by what was asked for."""

from decimal import Decimal

import pytest

from stoflow.domain.errors import InputError
from stoflow.resources.products.fields.columns import Columns
from stoflow.resources.products.fields.mapping import Mapped, parse_mapping
from stoflow.resources.products.fields.numbers import Number
from stoflow.resources.products.fields.prices import read_price
from stoflow.resources.products.fields.profiles import profiles
from stoflow.resources.products.fields.settling import settle
from stoflow.resources.products.fields.words import column_words, plain

ACTION = "*Action(SiteID=UK|Country=GB|Currency=GBP|Version=1193|CC=UTF-8)"


def settled(header: str, mapping: Mapped | None = None) -> Columns:
    return settle(header.split(","), mapping or {})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Größe", "grosse"),
        ("Très_bon état", "tres bon etat"),
        ("Zużyty, łódź", "zuzyty lodz"),
        ("STØRRELSE", "storrelse"),
        ("cœur d'œuvre", "coeur d oeuvre"),
        ("İstanbul ılık", "istanbul ilik"),
    ],
)
def test_letters_that_are_no_accented_ones_are_spelled_out(text: str, words: str):
    assert plain(text) == words


@pytest.mark.parametrize(
    ("header", "price", "currency"),
    [
        ("title,Price (EUR)", "Price (EUR)", "EUR"),
        ("title,price_gbp", "price_gbp", "GBP"),
        ("Titel,Preis in CHF", "Preis in CHF", "CHF"),
        ("title,Price £", "Price £", "GBP"),
        ("Tytuł,Cena (zł)", "Cena (zł)", "PLN"),
        ("title,price in usd", "price in usd", "USD"),
        ("title,Selling price (Ft)", "Selling price (Ft)", "HUF"),
        ("title,price,price_eur,price_usd", "price_eur", "EUR"),  # nobody says what the first is in
        ("title,price", "price", ""),
        (f"{ACTION},Title,*StartPrice,*Format", "*StartPrice", "GBP"),
    ],
)
def test_a_header_says_the_currency_of_its_prices(header: str, price: str, currency: str):
    columns = settled(header)
    assert (columns.by_field["price"], columns.currency) == ((price,), currency)


def test_of_prices_in_several_currencies_one_is_read():
    columns = settled("title,price_eur,price_usd")
    assert (columns.by_field["price"], columns.currency) == (("price_eur",), "EUR")


def test_a_sign_that_currencies_share_is_read_as_if_each_price_had_it():
    columns = settled("title,Price ($)")
    assert (columns.currency, columns.value({"Price ($)": "5.00"}, "price")) == ("", "5.00 $")
    assert columns.value({"Price ($)": "CAD 5"}, "price") == "CAD 5"


def test_a_sign_of_several_currencies_leaves_its_column_a_price():
    columns = settled("title,price (kr)")
    assert columns.value({"price (kr)": "299"}, "price") == "299 kr"


def test_a_real_number_below_a_sign_keeps_its_one_reading():
    columns = settled("title,Price ($)")
    assert read_price(columns.value({"Price ($)": 12.345}, "price")).number == Number(Decimal("12.345"))


def test_what_a_language_is_called_is_no_currency():
    with pytest.raises(InputError, match="looks like the price"):
        settled("title,price fr")


def test_the_column_that_gave_a_value_is_named_as_the_file_writes_it():
    columns = settled("Titel,Preis,category,category_path", {"currency": "=EUR"})
    row = {"Titel": "a", "Preis": "5", "category": "tops", "category_path": ""}
    assert [columns.column_of(row, field) for field in ("price", "category", "currency", "size")] == [
        "Preis",
        "category",
        "",
        "",
    ]


@pytest.mark.parametrize(
    ("header", "photos"),
    [
        ("image1,image2,image3", "image1,image2,image3"),
        ("photo_10,photo_9,photo_1", "photo_1,photo_9,photo_10"),
        ("Picture Hero url,Picture 2 url,Picture 3 url", "Picture Hero url,Picture 2 url,Picture 3 url"),
        ("image,image (2),image (3)", "image,image (2),image (3)"),
        ("image,images,photo", "image,images,photo"),
        ("Bild 2,Bild 1,Hauptbild", "Bild 1,Bild 2,Hauptbild"),
        ("Image Src,Image Position,Image Alt Text,photo count", "Image Src"),
        ("cover photo,photos", "photos"),
        ("thumbnail", "thumbnail"),
    ],
)
def test_columns_of_photos_are_gathered_in_order(header: str, photos: str):
    assert settled(f"title,price,{header}").by_field["images"] == tuple(photos.split(","))


def test_photos_named_several_times_are_gathered():
    mapping = parse_mapping(["images=A", "images=B", "title=Model"])
    columns = settled("Model,price,A,B", mapping)
    assert columns.value({"A": "a.jpg", "B": '["b.jpg", "c.jpg"]'}, "images") == ["a.jpg", "b.jpg", "c.jpg"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [("image", ("image", "image (2)")), ("foto", ("Foto 1", "Foto 2")), ("Foto 2", ("Foto 2",))],
)
def test_one_name_may_mean_a_series(asked: str, found: tuple[str, ...]):
    assert settled("title,price,image,image (2),Foto 1,Foto 2", {"images": asked}).by_field["images"] == found


def test_another_field_mapped_twice_is_refused():
    with pytest.raises(InputError, match='title is mapped twice, to "A" and "B"'):
        parse_mapping(["title=A,title=B"])


def test_no_two_fields_go_by_one_word():
    fields = [
        field for field in column_words() if field not in {"condition", "availability", "condition flag", "source"}
    ]
    words = [word for field in fields for word in column_words()[field]]
    assert [word for word in words if words.count(word) > 1] == []


def test_words_and_profiles_are_written_as_columns_are_compared():
    names = [name for words in column_words().values() for name in words]
    for profile in profiles():
        names += [name for element in profile.signature for name in element]
        names += [
            part for cell in profile.fields.values() for name in cell for part in name.replace("/", ">").split(">")
        ]
    assert [name for name in names if plain(name) != name] == []
