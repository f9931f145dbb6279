"""The registry knows what is built in, takes what is installed, and refuses what breaks the rules."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import EntryPoint, EntryPoints
from typing import Any

import pytest

from stoflow.domain import installed as installed_module
from stoflow.domain.attempt import Attempt
from stoflow.domain.call import Call, Request, Response
from stoflow.domain.errors import ConfigurationError
from stoflow.domain.job import TaskKind
from stoflow.domain.outcome import Absent, Done, LookResult, Outcome
from stoflow.marketplaces.contract import ActionSpec, Conversation, Marketplace, Step, TaskPlan
from stoflow.marketplaces.ebay.marketplace import EBAY
from stoflow.marketplaces.handlers import BaseJobHandler, DirectAPIJobHandler
from stoflow.marketplaces.registry import ENTRY_POINT_GROUP, build_registry, direct_profiles
from stoflow.settings import Settings, load
from stoflow.transports.direct.oauth import RefreshFlow
from stoflow.transports.direct.profile import DirectProfile, bearer

LEGACY = {
    ("vinted", "message"): (1, False, 1000, 3, 30),
    ("vinted", "orders"): (3, True, 1500, 3, 60),
    ("vinted", "publish"): (3, False, 2500, 3, 120),
    ("vinted", "update"): (3, False, 2000, 3, 60),
    ("vinted", "delete"): (4, False, 2000, 3, 30),
    ("vinted", "sync"): (4, True, 1500, 3, 300),
    ("vinted", "link_product"): (3, False, 500, 3, 120),
    ("ebay", "publish"): (3, False, 1000, 3, 60),
    ("ebay", "update"): (3, False, 1000, 3, 60),
    ("etsy", "publish"): (3, False, 1000, 3, 60),
    ("etsy", "update"): (3, False, 1000, 3, 60),
}


def inner(attempt: Attempt) -> Outcome:
    return Done()


def outside(attempt: Attempt) -> Conversation:
    yield Request("GET", "/")
    return Done()


def look(attempt: Attempt) -> Generator[Call, Response, LookResult]:
    yield Request("GET", "/")
    return Absent()


class Shop:
    """A service with one method."""

    def publish(self, attempt: Attempt) -> Conversation:
        yield Request("POST", "/things")
        return Done()


@dataclass
class Publishes(DirectAPIJobHandler[Any]):
    """A handler whose steps and method name each test chooses."""

    kinds: Sequence[Step] = (Step("validate", inner),)
    method: str = "publish"
    marketplace = "depop"
    action = "publish"

    def get_service(self) -> Any:
        return Shop()

    def get_service_method_name(self) -> str:
        return self.method

    def make_steps(self) -> tuple[Step, ...]:
        return tuple(self.kinds)


def depop_profile(settings: Settings, *, name: str = "depop") -> DirectProfile:
    url = f"http://{settings.host}/depop"
    return DirectProfile(name, url, bearer, RefreshFlow(url, "/token", "app"))


def depop(handler: Any, **changes: Any) -> Marketplace:
    place = Marketplace("depop", "direct", (ActionSpec("publish", "Publish product"),), {"publish": handler})
    return replace(place, **changes)


def test_it_has_the_seventeen_action_types_with_their_legacy_values() -> None:
    registry = build_registry(entry_points=False)
    assert sum(len(place.actions) for place in registry.marketplaces.values()) == 17
    for (marketplace, code), values in LEGACY.items():
        spec = registry.action(marketplace, code)
        assert (spec.priority, spec.is_batch, spec.rate_limit_ms, spec.max_retries, spec.timeout_s) == values


def test_handlers_are_keyed_by_action_and_marketplace() -> None:
    registry = build_registry(entry_points=False)
    assert {"publish_vinted", "publish_ebay", "publish_etsy"} <= set(registry.handlers)
    assert registry.handler("ebay", "publish") is registry.handlers["publish_ebay"]
    assert registry.marketplace("ebay") is EBAY


def test_an_unknown_pair_is_named() -> None:
    registry = build_registry(entry_points=False)
    for ask in (registry.handler, registry.action):
        with pytest.raises(ValueError, match=r"^Invalid action code: publish for marketplace: x$"):
            ask("x", "publish")
    with pytest.raises(ValueError, match="Invalid action code: fly for marketplace: ebay"):
        registry.action("ebay", "fly")
    with pytest.raises(ValueError, match="Unknown marketplace: x"):
        registry.marketplace("x")


def test_another_marketplace_joins() -> None:
    registry = build_registry([depop(Publishes())], entry_points=False)
    assert [plan.name for plan in registry.handler("depop", "publish").create_tasks(None)] == ["validate"]


def test_an_installed_package_brings_a_marketplace(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = EntryPoints([EntryPoint("again", "stoflow.marketplaces.ebay.marketplace:EBAY", ENTRY_POINT_GROUP)])
    monkeypatch.setattr(installed_module, "entries", lambda group: installed)
    with pytest.raises(ConfigurationError, match="ebay is registered twice"):
        build_registry()


@pytest.mark.parametrize(
    ("value", "reason"),
    [("nowhere.to:FIND", "cannot be loaded"), ("stoflow.marketplaces.registry:PROBE", "is not a Marketplace")],
)
def test_an_entry_point_that_is_no_marketplace_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, value: str, reason: str
) -> None:
    installed = EntryPoints([EntryPoint("bad", value, ENTRY_POINT_GROUP)])
    monkeypatch.setattr(installed_module, "entries", lambda group: installed)
    with pytest.raises(ConfigurationError, match=reason):
        build_registry()


PACED = Step("go", outside, TaskKind.REPEATABLE, paced=True)


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        (Publishes(method="publsh"), "names Shop.publsh, which does not exist"),
        (Publishes([Step("a", inner), Step("a", inner)]), "two tasks of one name"),
        (Publishes([PACED, replace(PACED, name="come")]), "more than one paced task"),
        (Publishes([Step("create", outside, TaskKind.UNSAFE)]), "no look for its unsafe step create"),
    ],
)
def test_a_handler_that_breaks_a_rule_stops_the_start(handler: BaseJobHandler, reason: str) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        build_registry([depop(handler)], entry_points=False)


def test_an_unsafe_step_with_a_look_is_welcome() -> None:
    handler = Publishes([Step("create", outside, TaskKind.UNSAFE, look=look)])
    assert "publish_depop" in build_registry([depop(handler)], entry_points=False).handlers


def test_a_handler_must_be_what_it_is_registered_as() -> None:
    with pytest.raises(ConfigurationError, match="says it is publish_depop"):
        build_registry([depop(Publishes(), name="vestiaire")], entry_points=False)
    with pytest.raises(ConfigurationError, match="has no action type"):
        build_registry([depop(Publishes(), actions=())], entry_points=False)
    twice = (ActionSpec("publish", "One"), ActionSpec("publish", "Two"))
    with pytest.raises(ConfigurationError, match="declares an action twice"):
        build_registry([depop(Publishes(), actions=twice)], entry_points=False)


def test_an_action_is_found_by_its_alias_which_no_other_may_have() -> None:
    aliased = (ActionSpec("publish", "Publish", alias="list"),)
    registry = build_registry([depop(Publishes(), actions=aliased)], entry_points=False)
    assert registry.handler("depop", "list") is registry.handler("depop", "publish")
    assert registry.actions("depop") == ("list", "publish")
    with pytest.raises(ConfigurationError, match="declares an action twice"):
        build_registry([depop(Publishes(), actions=(*aliased, ActionSpec("list", "List")))], entry_points=False)


class Lying:
    """A handler of its own make whose plan and steps disagree."""

    marketplace = "depop"
    action = "publish"

    def __init__(self, planned: Step, found: Step | None) -> None:
        self._planned, self._found = planned, found

    def create_tasks(self, product: Any) -> Sequence[Any]:
        return (TaskPlan(self._planned.name, self._planned.kind, paced=self._planned.paced),)

    def step(self, task_name: str) -> Step:
        if self._found is None:
            raise KeyError(task_name)
        return self._found


def test_a_plan_without_its_step_or_unlike_it_stops_the_start() -> None:
    with pytest.raises(ConfigurationError, match="no step behind its task validate"):
        build_registry([depop(Lying(Step("validate", inner), None))], entry_points=False)
    with pytest.raises(ConfigurationError, match="plans its task go unlike its step"):
        build_registry([depop(Lying(PACED, replace(PACED, paced=False)))], entry_points=False)


def test_a_marketplace_that_would_be_spoken_to_in_the_clear_is_refused() -> None:
    def in_the_clear(settings: Settings) -> DirectProfile:
        return replace(depop_profile(settings), grant=RefreshFlow("http://auth.depop.com", "/oauth/token", "an app"))

    registry = build_registry([depop(Publishes(), profile=in_the_clear)], entry_points=False)
    with pytest.raises(ConfigurationError, match="depop would be sent tokens in the clear at http://auth"):
        direct_profiles(registry, load(env_file=None, host="depop.example"))


def test_every_directly_called_marketplace_says_where_it_is_and_an_installed_one_too() -> None:
    registry = build_registry([depop(Publishes(), profile=depop_profile)], entry_points=False)
    settings = load(env_file=None, ebay_base_url="https://ebay.example", host="depop.example")
    profiles = {profile.name: profile.base_url for profile in direct_profiles(registry, settings)}
    assert profiles == {
        "ebay": "https://ebay.example",
        "etsy": "https://api.etsy.com",
        "depop": "http://depop.example/depop",
    }


@pytest.mark.parametrize(
    ("profile", "reason"),
    [(None, "brings no profile"), (partial(depop_profile, name="vestiaire"), "brings the profile of vestiaire")],
)
def test_a_profile_that_is_missing_or_another_s_is_refused(profile: Any, reason: str) -> None:
    registry = build_registry([depop(Publishes(), profile=profile)], entry_points=False)
    with pytest.raises(ConfigurationError, match=reason):
        direct_profiles(registry, load(env_file=None))
