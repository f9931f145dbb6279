"""Every marketplace StoFlow knows: the three built in, and those that installed packages bring."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from stoflow.domain.errors import ConfigurationError
from stoflow.domain.installed import installed, unusable
from stoflow.domain.job import TaskKind
from stoflow.domain.product import Product, ProductImage
from stoflow.hosts import is_in_the_clear
from stoflow.marketplaces.contract import ActionSpec, Handler, Marketplace
from stoflow.marketplaces.ebay.marketplace import EBAY
from stoflow.marketplaces.etsy.marketplace import ETSY
from stoflow.marketplaces.handlers import DirectAPIJobHandler
from stoflow.marketplaces.payloads import Payload
from stoflow.marketplaces.vinted.marketplace import VINTED
from stoflow.settings import Settings
from stoflow.transports.direct.profile import DirectProfile, addresses_of
from stoflow.variables import MARKETPLACES_GROUP

ENTRY_POINT_GROUP = MARKETPLACES_GROUP
BUILT_IN: tuple[Marketplace, ...] = (VINTED, EBAY, ETSY)
PROBE = Product(
    id=1, title="Probe", description="", price=None, images=(ProductImage(1, "1.jpg"), ProductImage(2, "2.jpg"))
)
"""A product with two photos, to see which tasks a handler makes."""


@dataclass(frozen=True, slots=True)
class Registry:
    """What can be done where. Handlers are keyed `{action}_{marketplace}`."""

    marketplaces: Mapping[str, Marketplace]
    handlers: Mapping[str, Handler]

    def marketplace(self, name: str) -> Marketplace:
        """Return the marketplace; ValueError for a name nobody registered."""
        try:
            return self.marketplaces[name]
        except KeyError:
            message = f"Unknown marketplace: {name}"
            raise ValueError(message) from None

    def handler(self, marketplace: str, action: str) -> Handler:
        """Return the handler of an action, by its code or its alias; ValueError for a pair nobody registered."""
        handler = self.handlers.get(f"{action}_{marketplace}") or self.handlers.get(
            f"{self._codes(marketplace).get(action)}_{marketplace}"
        )
        if handler is None:
            raise _invalid(action, marketplace)
        return handler

    def actions(self, marketplace: str) -> tuple[str, ...]:
        """Return what a job there may be asked for by: the codes of the actions with a handler, and their aliases."""
        codes = self._codes(marketplace)
        return tuple(sorted(name for name, code in codes.items() if f"{code}_{marketplace}" in self.handlers))

    def payloads(self, marketplace: str) -> Mapping[str, type[Payload]]:
        """Return what a job there may be asked with, by each name of `actions`."""
        codes = self._codes(marketplace)
        return {name: self.action(marketplace, codes[name]).payload for name in self.actions(marketplace)}

    def names(self, marketplace: str) -> tuple[str, ...]:
        """Return what people call the actions there, each by one name."""
        return tuple(sorted({self.name_of(marketplace, code) for code in self.actions(marketplace)}))

    def name_of(self, marketplace: str, code: str) -> str:
        """Return what people call an action, which may be a code that only newer processes know."""
        place = self.marketplaces.get(marketplace)
        specs = place.actions if place else ()
        return next((spec.alias for spec in specs if spec.code == code and spec.alias), code)

    def codes_of(self, name: str) -> tuple[str, ...]:
        """Return the codes of what is called so, at any marketplace; the name itself where nothing is."""
        specs = [spec for place in self.marketplaces.values() for spec in place.actions]
        return tuple({name, *(spec.code for spec in specs if spec.alias == name)})

    def _codes(self, marketplace: str) -> Mapping[str, str]:
        place = self.marketplaces.get(marketplace)
        specs = place.actions if place else ()
        return {name: spec.code for spec in specs for name in (spec.code, spec.alias) if name}

    def action(self, marketplace: str, code: str) -> ActionSpec:
        """Return an action type, with a handler or without; ValueError for a pair nobody registered."""
        known = self.marketplaces.get(marketplace)
        spec = next((spec for spec in known.actions if spec.code == code), None) if known else None
        if spec is None:
            raise _invalid(code, marketplace)
        return spec

    def rate_limit_ms(self, marketplace: str, code: str) -> int:
        """Return the pace of an action; of one that only newer processes know the usual one: PostgreSQL judges."""
        known = self.marketplaces.get(marketplace)
        specs = known.actions if known else ()
        return next((spec.rate_limit_ms for spec in specs if spec.code == code), ActionSpec(code, code).rate_limit_ms)


def build_registry(extra: Iterable[Marketplace] = (), *, entry_points: bool = True) -> Registry:
    """Return the checked registry; ConfigurationError says which marketplace breaks which rule."""
    found = _installed() if entry_points else ()
    marketplaces = (*BUILT_IN, *extra, *found)
    twice = [name for name, count in Counter(marketplace.name for marketplace in marketplaces).items() if count > 1]
    if twice:
        message = f"The marketplace {twice[0]} is registered twice."
        raise ConfigurationError(message)
    for marketplace in marketplaces:
        _check_marketplace(marketplace)
    return Registry(
        marketplaces={marketplace.name: marketplace for marketplace in marketplaces},
        handlers={
            f"{code}_{place.name}": handler for place in marketplaces for code, handler in place.handlers.items()
        },
    )


def direct_profiles(registry: Registry, settings: Settings) -> tuple[DirectProfile, ...]:
    """Return how each directly called marketplace is called; ConfigurationError for one that does not say."""
    return tuple(
        _profile(place, settings)
        for place in registry.marketplaces.values()
        if place.transport == "direct" and place.handlers
    )


def _profile(marketplace: Marketplace, settings: Settings) -> DirectProfile:
    if marketplace.profile is None:
        message = f"The marketplace {marketplace.name} is called directly and brings no profile."
        raise ConfigurationError(message)
    profile = marketplace.profile(settings)
    if profile.name != marketplace.name:
        message = f"The marketplace {marketplace.name} brings the profile of {profile.name}."
        raise ConfigurationError(message)
    in_the_clear = next(filter(is_in_the_clear, addresses_of(profile)), None)
    if in_the_clear:
        message = f"{marketplace.name} would be sent tokens in the clear at {in_the_clear}: its address should begin"
        raise ConfigurationError(f"{message} with https.")
    return profile


def _invalid(action: str, marketplace: str) -> ValueError:
    return ValueError(f"Invalid action code: {action} for marketplace: {marketplace}")


def _installed() -> Iterator[Marketplace]:
    for entry, found in installed(ENTRY_POINT_GROUP):
        if not isinstance(found, Marketplace):
            raise unusable(entry, "is not a Marketplace")
        yield found


def _check_marketplace(marketplace: Marketplace) -> None:
    names = [name for spec in marketplace.actions for name in (spec.code, spec.alias) if name]
    if len(set(names)) < len(names):
        message = f"{marketplace.name} declares an action twice: {', '.join(names)}."
        raise ConfigurationError(message)
    for spec in marketplace.actions:
        if spec.payload.model_config.get("extra") != "allow":
            message = f"The payload of {spec.code} on {marketplace.name} refuses what it does not name: let it pass."
            raise ConfigurationError(message)
    for code, handler in marketplace.handlers.items():
        fault = _fault(marketplace, code, handler)
        if fault:
            message = f"The handler {code}_{marketplace.name} {fault}."
            raise ConfigurationError(message)


def _fault(marketplace: Marketplace, code: str, handler: Handler) -> str | None:
    """Return what is wrong with a handler, or None."""
    if code not in {spec.code for spec in marketplace.actions}:
        return "has no action type"
    if (handler.marketplace, handler.action) != (marketplace.name, code):
        said = f"{handler.action}_{handler.marketplace}"
        return (
            f"says it is {said}" if said != "_" else "does not say what it is: set marketplace and action in its class"
        )
    if isinstance(handler, DirectAPIJobHandler):
        _ = handler.service_method  # resolving it is the check
    return _task_fault(handler) if handler.create_tasks(PROBE) else "names no task"


def _task_fault(handler: Handler) -> str | None:
    plans = handler.create_tasks(PROBE)
    names = [plan.name for plan in plans]
    if len(set(names)) < len(names):
        return f"has two tasks of one name: {', '.join(names)}"
    if sum(plan.paced for plan in plans) > 1:
        return "has more than one paced task"
    for plan in plans:
        try:
            step = handler.step(plan.name)
        except KeyError:
            return f"has no step behind its task {plan.name}"
        if (step.kind, step.paced) != (plan.kind, plan.paced):
            return f"plans its task {plan.name} unlike its step"
        if step.kind is TaskKind.UNSAFE and step.look is None:
            return f"has no look for its unsafe step {step.name}"
    return None
