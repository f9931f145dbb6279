"""The checks every marketplace makes of a product: each says every reason, naming its field."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from stoflow.domain.account import Account
from stoflow.domain.attempt import Attempt
from stoflow.domain.outcome import Done, FieldError, Outcome, Refused
from stoflow.domain.product import Product
from stoflow.marketplaces.photos import has_photo
from stoflow.marketplaces.pricing import Priced, priced
from stoflow.marketplaces.vocabulary.categories import Category, resolve_category
from stoflow.marketplaces.vocabulary.conditions import grade_of

DEFAULT_CURRENCY = "EUR"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a marketplace takes: prices in its own currency."""

    lowest_price: Decimal
    highest_quantity: int
    most_photos: int
    highest_price: Decimal = Decimal(1_000_000)


def product_of(attempt: Attempt) -> Product:
    """Return the product this attempt is about; the engine gives one to each action that needs one."""
    if attempt.product is None:
        raise ValueError(f"The task {attempt.task_name} needs a product.")
    return attempt.product


def price_in(currency: str, product: Product, account: Account) -> Decimal | FieldError:
    """Return the price in the marketplace's currency, by the account's rule, or why there is none."""
    found = priced(currency, product, account)
    return found.price if isinstance(found, Priced) else found


def price_errors(price: Decimal | FieldError, limits: Limits, currency: str) -> tuple[FieldError, ...]:
    """Return why the marketplace would not take this price."""
    if isinstance(price, FieldError):
        return (price,)
    if price < limits.lowest_price:
        return (FieldError("price", f"The price of {price} {currency} is below {limits.lowest_price}."),)
    if price > limits.highest_price:
        return (FieldError("price", f"The price of {price} {currency} is above {limits.highest_price}."),)
    return ()


def quantity_errors(product: Product, limits: Limits) -> tuple[FieldError, ...]:
    """Return why the marketplace would not take this quantity."""
    if 1 <= product.quantity <= limits.highest_quantity:
        return ()
    if product.quantity == 0:
        return (FieldError("quantity", "The quantity is 0: none is left to be sold. Raise it to list the product."),)
    return (FieldError("quantity", f"The quantity is {product.quantity}, not 1 to {limits.highest_quantity}."),)


def sale_errors(attempt: Attempt, limits: Limits, currency: str) -> tuple[FieldError, ...]:
    """Return why the marketplace would not take the price or the quantity."""
    product = product_of(attempt)
    price = price_in(currency, product, attempt.account)
    return (*price_errors(price, limits, currency), *quantity_errors(product, limits))


def photo_errors(attempt: Attempt, limits: Limits) -> tuple[FieldError, ...]:
    """Return what is missing of the photos; those above the marketplace's number are left out, not refused."""
    images = product_of(attempt).images[: limits.most_photos]
    if not images:
        return (FieldError("images", "The product has no photo."),)
    missing = [str(image.position) for image in images if not has_photo(attempt, image)]
    return (FieldError("images", f"The file of photo {', '.join(missing)} is missing."),) if missing else ()


def basic_errors(attempt: Attempt, limits: Limits, currency: str) -> tuple[FieldError, ...]:
    """Return what every marketplace asks for and is missing: title, price, quantity, category, photos."""
    product = product_of(attempt)
    category = resolve_category(product)
    return (
        *(() if product.title.strip() else (FieldError("title", "The product has no title."),)),
        *sale_errors(attempt, limits, currency),
        *((category,) if isinstance(category, FieldError) else ()),
        *photo_errors(attempt, limits),
    )


def ready_unless(errors: tuple[FieldError, ...], reason: str) -> Outcome:
    """Refuse with every error at once, each naming its field, or go on where there is none."""
    return Refused(reason, errors) if errors else Done()


def readiness(attempt: Attempt, marketplace: str, limits: Limits, currency: str) -> Outcome:
    """Refuse with every reason of `basic_errors` at once, each naming its field, or go on."""
    return ready_unless(basic_errors(attempt, limits, currency), f"The product is not ready for {marketplace}.")


def sku_of(attempt: Attempt) -> str:
    """Return StoFlow's own key of the product, which the judge reads too."""
    return f"sf{attempt.tenant}p{product_of(attempt).id}"


def category_errors(
    category: Category | FieldError, known: Mapping[str, Any], marketplace: str
) -> tuple[FieldError, ...]:
    """Return why the product has no category there."""
    if isinstance(category, FieldError):
        return (category,)
    return (
        () if category.name in known else (FieldError("category", f"{marketplace} has no category {category.name}."),)
    )


def size_errors(product: Product, category: Category | FieldError) -> tuple[FieldError, ...]:
    """Return that a size is missing where nobody would buy without one."""
    if isinstance(category, Category) and category.needs_size and not product.size.strip():
        return (FieldError("size", f"{category.name} needs a size."),)
    return ()


def setting_errors(account: Account, names: tuple[str, ...], marketplace: str) -> tuple[FieldError, ...]:
    """Return which settings of the account are missing, named `account.<setting>`, and where they are set."""
    missing = [name for name in names if not account.settings.get(name)]
    where = f"it is chosen with PATCH /api/{account.marketplace}/connection"
    said = f"The {marketplace} account has no {{}}; {where}."
    return tuple(FieldError(f"account.{name}", said.format(name)) for name in missing)


def listing_errors(attempt: Attempt, marketplace: str) -> tuple[FieldError, ...]:
    """Return why there is nothing of the product to change on the marketplace."""
    if attempt.listing_id and attempt.listing_visible:
        return ()
    return (FieldError("listing", f"The product is not listed on {marketplace}."),)


def category_of(attempt: Attempt) -> Category:
    """Return the category of a product that passed validation."""
    category = resolve_category(product_of(attempt))
    if isinstance(category, Category):
        return category
    raise ValueError(category.message)


def currency_of(attempt: Attempt) -> str:
    """Return the account's currency: `account.settings["currency"]`, by default the euro."""
    return str(attempt.account.settings.get("currency") or DEFAULT_CURRENCY)


def settled_price(currency: str, attempt: Attempt) -> Decimal:
    """Return the price of a product that passed validation."""
    price = price_in(currency, product_of(attempt), attempt.account)
    if isinstance(price, Decimal):
        return price
    raise ValueError(price.message)


def condition_errors(product: Product) -> tuple[FieldError, ...]:
    """Return why the product's condition cannot be said on a marketplace."""
    if product.condition is None:
        return (FieldError("condition", "The product has no condition."),)
    if grade_of(product.condition) is None:
        return (
            FieldError("condition", f"A note of {product.condition} of 10 is too worn to be sold as satisfactory."),
        )
    return ()
