"""Whether a product can be published on Etsy: every reason at once."""

from decimal import Decimal

from stoflow.domain.attempt import Attempt
from stoflow.domain.outcome import FieldError
from stoflow.marketplaces import checks
from stoflow.marketplaces.checks import Limits
from stoflow.marketplaces.etsy.account import REQUIRED
from stoflow.marketplaces.etsy.labels import VINTAGE_YEARS, categories, declared, era_fault, era_of, is_vintage, makers
from stoflow.marketplaces.etsy.mapping import taxonomy_id_of, title_for
from stoflow.marketplaces.etsy.taxonomy import SITE
from stoflow.marketplaces.vocabulary.categories import Category, resolve_category

LIMITS = Limits(lowest_price=Decimal("0.20"), highest_quantity=999, most_photos=20, highest_price=Decimal(50_000))


def etsy_errors(attempt: Attempt) -> tuple[FieldError, ...]:
    """Return every reason why Etsy would not take this product from this account."""
    product = checks.product_of(attempt)
    category = resolve_category(product)
    return (
        *(() if title_for(product) else (FieldError("title", "Nothing of the title can be said on Etsy."),)),
        *checks.sale_errors(attempt, LIMITS, checks.currency_of(attempt)),
        *checks.category_errors(category, categories(), "Etsy"),
        *_taxonomy_errors(attempt, category),
        *checks.size_errors(product, category),
        *_declaration_errors(attempt),
        *checks.photo_errors(attempt, LIMITS),
        *checks.setting_errors(attempt.account, REQUIRED, "Etsy"),
        *_shop_errors(attempt),
    )


def _taxonomy_errors(attempt: Attempt, category: Category | FieldError) -> tuple[FieldError, ...]:
    """Return whether Etsy said that it no longer has the id; where it was not asked, ours is believed."""
    if isinstance(category, FieldError) or category.name not in categories():
        return ()
    number = taxonomy_id_of(category, checks.product_of(attempt))
    answered = attempt.taxonomy.get((SITE, number))
    if answered is None or answered.known:
        return ()
    return (FieldError("category", f"Etsy has no taxonomy id {number} for {category.name} any more."),)


def _declaration_errors(attempt: Attempt) -> tuple[FieldError, ...]:
    """Return what is wrong with the seller's two declarations: StoFlow makes neither up."""
    who, when = declared(attempt, "who_made"), declared(attempt, "when_made")
    era = era_of(when, attempt.today)
    errors = [*_undeclared("who_made", "who made it", who), *_undeclared("when_made", "when it was made", when)]
    if who and who not in makers():
        errors.append(FieldError("who_made", f"Etsy has no who_made “{who}”."))
    if when and not era:
        errors.append(FieldError("when_made", era_fault(when, attempt.today)))
    if who == "someone_else" and era and not is_vintage(era, attempt.today):
        reason = f"What someone else made must be vintage on Etsy, {VINTAGE_YEARS} years old or more: “{when}” is not."
        errors.append(FieldError("when_made", reason))
    return tuple(errors)


def _undeclared(field: str, question: str, value: str) -> tuple[FieldError, ...]:
    if value:
        return ()
    return (FieldError(field, f"Etsy asks {question}: declare it on the product or for the account."),)


def _shop_errors(attempt: Attempt) -> tuple[FieldError, ...]:
    account, errors = attempt.account, list[FieldError]()
    if not account.external_id.isdecimal():
        errors.append(FieldError("account.external_id", "The Etsy account names no shop."))
    for name in REQUIRED:
        if account.settings.get(name) and not str(account.settings[name]).isdecimal():
            errors.append(FieldError(f"account.{name}", f"{name} of the Etsy account is not a number."))
    return tuple(errors)
