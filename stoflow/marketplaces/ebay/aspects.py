"""eBay's item specifics of a product: what is asked in its category, answered by what the product says.

What eBay's Taxonomy API answered of the category on that site is asked; without an answer, what is known to be required
everywhere. A seller may answer in person: `aspects` in the job's payload, or as a default in the account's settings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, cast

from stoflow.domain.aspect import Aspect
from stoflow.domain.attempt import Attempt
from stoflow.domain.outcome import FieldError
from stoflow.marketplaces.checks import product_of
from stoflow.marketplaces.ebay.facts import FACTS, FIELDS, SAID_UNASKED, Site, facts_of, meaning_of
from stoflow.marketplaces.ebay.sites import PACKAGE, categories
from stoflow.marketplaces.vocabulary.categories import Category
from stoflow.marketplaces.vocabulary.tables import read_table, words_in
from stoflow.marketplaces.vocabulary.wording import one_line, plain, shorten

ASPECT_CHARACTERS = 50
NAME_CHARACTERS = 40
EVERYWHERE = "*"


@dataclass(frozen=True, slots=True)
class Specifics:
    """The item specifics to send, by name, and why they are not enough."""

    values: Mapping[str, list[str]]
    errors: tuple[FieldError, ...] = ()


def specifics_of(attempt: Attempt, category: Category, site: Site) -> Specifics:
    """Return what to say of the product in its category, with every question that stays unanswered."""
    declared, facts = declared_aspects(attempt), facts_of(product_of(attempt), category, site)
    questions = {aspect: fact_named(aspect.name, site) for aspect in asked(attempt, category, site)}
    unasked = [fact for fact in SAID_UNASKED if fact in facts and fact not in questions.values()]
    said = {**{names_of(site, fact)[0]: [facts[fact][0]] for fact in unasked}, **declared}
    errors = list[FieldError]()
    for aspect, fact in questions.items():
        given, ways = declared.get(aspect.name, []), facts.get(fact, ())
        said[aspect.name] = _all_taken(aspect, fact, given) if given else _best_taken(aspect, fact, ways)
        if aspect.required and not said[aspect.name]:
            errors.append(_unanswered(aspect, fact, given or ways, category))
    values = {name: [shorten(each, ASPECT_CHARACTERS) for each in values] for name, values in said.items() if values}
    return Specifics(values, tuple(errors))


def asked(attempt: Attempt, category: Category, site: Site) -> Sequence[Aspect]:
    """Return what eBay asks of things in this category on this site, as far as we know."""
    answered = attempt.taxonomy.get((site["marketplace_id"], categories()[category.name]["category_id"]))
    return answered.aspects if answered else _known(category, site)


def is_on_site(attempt: Attempt, category: Category, site: Site) -> bool:
    """Say whether the site has the category; where eBay was not asked, it is believed."""
    answered = attempt.taxonomy.get((site["marketplace_id"], categories()[category.name]["category_id"]))
    return answered is None or answered.known


def declared_aspects(attempt: Attempt) -> Mapping[str, list[str]]:
    """Return what the seller answers in person, the job's own answers first."""
    return {**_given(attempt.account.settings.get("aspects")), **_given(attempt.payload.get("aspects"))}


def aspects_fault(answers: Any, _: date) -> str:
    """Return why a seller's own answers cannot be sent, "" where they can."""
    given = _given(answers)
    whole = isinstance(answers, Mapping) and len(given) == len(answers)
    if whole and all(len(name) <= NAME_CHARACTERS for name in given):
        return ""
    return 'Give by item specific its value or values, such as {"Style": ["Boho"]}.'


def names_of(site: Site, fact: str) -> list[str]:
    """Return what a site may call a fact, its usual name first."""
    return words_in(site[fact])


def fact_named(name: str, site: Site) -> str:
    """Return the fact a site's name stands for, "" for a question we have no fact for."""
    return _facts_by_name(site["marketplace_id"], tuple((fact, site[fact]) for fact in FACTS)).get(plain(name), "")


@cache
def _facts_by_name(_marketplace_id: str, columns: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    return {plain(name): fact for fact, cell in columns for name in words_in(cell)}


def _best_taken(aspect: Aspect, fact: str, ways: Sequence[str]) -> list[str]:
    """Return the first way to say a fact that eBay takes: in its own spelling where it lists values."""
    taken = [_in_its_spelling(aspect, fact, way) for way in ways]
    return list(filter(None, taken))[:1] or ([] if aspect.closed else [*ways[:1]])


def _all_taken(aspect: Aspect, fact: str, given: Sequence[str]) -> list[str]:
    """Return the seller's own answers; none where eBay does not take every one of them."""
    taken = [_in_its_spelling(aspect, fact, each) or ("" if aspect.closed else each) for each in given]
    return taken if all(taken) else []


def _in_its_spelling(aspect: Aspect, fact: str, way: str) -> str:
    listed = {meaning_of(fact, value): value for value in aspect.values}
    return listed.get(meaning_of(fact, way), "")


def _unanswered(aspect: Aspect, fact: str, ways: Sequence[str], category: Category) -> FieldError:
    field = FIELDS.get(fact, f"aspects.{aspect.name}")
    if ways:
        return FieldError(field, f"eBay does not take “{ways[0]}” as “{aspect.name}” in {category.name}.")
    return FieldError(field, f"eBay needs “{aspect.name}” in {category.name}, and the product does not say it.")


def _known(category: Category, site: Site) -> tuple[Aspect, ...]:
    """Return the questions of our own table, for a category that eBay was not asked about."""
    sites, kinds = {EVERYWHERE, site["marketplace_id"]}, {category.name, category.section}
    rows = read_table(PACKAGE, "aspects")
    return tuple(_required(row, site) for row in rows if row["marketplace_id"] in sites and row["category"] in kinds)


def _required(row: Mapping[str, str], site: Site) -> Aspect:
    values = tuple(words_in(row["values"]))
    return Aspect(names_of(site, row["fact"])[0], required=True, closed=bool(values), values=values)


def _given(answers: Any) -> Mapping[str, list[str]]:
    """Return a seller's own answers as texts; what is no text, number or list of them is none."""
    if not isinstance(answers, Mapping):
        return {}
    found: dict[str, list[str]] = {}
    for name, value in cast("Mapping[Any, Any]", answers).items():
        values = cast("list[Any]", value) if isinstance(value, list) else [value]
        texts = [one_line(str(each)) for each in values if isinstance(each, str | int | float)]
        found[one_line(str(name))] = list(filter(None, texts))
    return {name: texts for name, texts in found.items() if name and texts}
