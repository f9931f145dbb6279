"""The catalogues are the mapping's own tables, and no entry changes without their version."""

import pytest

from stoflow.domain.product import Product
from stoflow.marketplaces.vinted.tables import brand_id, size_id
from stoflow.marketplaces.vocabulary.catalogues import CATALOGUES, digest_of, entries_of, version_of
from stoflow.marketplaces.vocabulary.categories import Category, resolve_category
from stoflow.marketplaces.vocabulary.colours import color_of, family_of
from stoflow.marketplaces.vocabulary.conditions import grade_of
from stoflow.marketplaces.vocabulary.sizes import size_of
from stoflow.marketplaces.vocabulary.tables import SHARED, read_table, words_in


@pytest.mark.parametrize("name", CATALOGUES)
def test_a_changed_entry_raises_its_catalogues_version(name: str) -> None:
    recorded = {row["catalogue"]: row["digest"] for row in read_table(SHARED, "versions")}
    assert recorded[name] == digest_of(name), (
        f"The catalogue {name} differs from {version_of(name)}: write a later version and {digest_of(name)} into versions.csv."
    )


@pytest.mark.parametrize("name", CATALOGUES)
def test_no_two_entries_share_a_name(name: str) -> None:
    names = [entry.name for entry in entries_of(name)]
    assert names
    assert len(set(names)) == len(names)


def test_what_a_form_offers_is_what_the_mapping_reads() -> None:
    for entry in entries_of("categories"):
        assert resolve_category(Product("", "", None, id=1, category=entry.name)) == Category(entry.name)
        assert entry.labels.keys() == {"en", "fr", "nl", "de"}
    for entry in entries_of("colors"):
        assert color_of(entry.name) == entry.name
        assert color_of(family_of(entry.name)) == family_of(entry.name)
    for entry in entries_of("conditions"):
        assert grade_of(int(entry.details["lowest_note"])) == entry.name
    for entry in entries_of("brands"):
        assert brand_id(entry.name) is not None


def test_a_brand_that_is_none_is_not_offered() -> None:
    assert brand_id("Vintage") == 573  # Vinted's own word, which a seller may still use there
    assert {"Vintage", "Fait Main", "marque inconnue"}.isdisjoint(entry.name for entry in entries_of("brands"))


@pytest.mark.parametrize(
    ("kind", "category"),
    [
        ("women", "women/dresses"),
        ("men", "men/t-shirts"),
        ("men-trousers", "men/jeans"),
        ("women-shoes", "women/boots"),
        ("men-shoes", "men/boots"),
        ("kids", "girls/dresses"),
        ("kids-shoes", "boys/shoes"),
        ("bras", "women/bras"),
        ("rings", "women/rings"),
        ("hats", "men/hats"),
    ],
)
def test_every_size_offered_for_a_kind_of_thing_has_vinteds_id_there(kind: str, category: str) -> None:
    offered = [entry.name for entry in entries_of("sizes") if kind in words_in(entry.details["kinds"])]
    found = {size_id(size_of(name), Category(category)) for name in offered}
    assert len(offered) > 4
    assert None not in found
    assert len(found) == len(offered)
