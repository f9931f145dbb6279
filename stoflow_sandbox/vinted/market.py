"""Vinted as the sandbox serves it, to a member's own browser."""

from collections.abc import Callable, Mapping, Sequence
from http.cookies import CookieError, SimpleCookie
from typing import Any
from uuid import uuid4

from stoflow_sandbox.application import Application
from stoflow_sandbox.calls import Answer, Effect, ReceivedCall, Refusal
from stoflow_sandbox.clock import MACHINE_CLOCK, Clock
from stoflow_sandbox.market import Deeds, Operation, Paced
from stoflow_sandbox.sellers import Numbers, Seller, TokenBook
from stoflow_sandbox.vinted import dealings, items, people, site
from stoflow_sandbox.vinted.deeds import DEEDS, PACED
from stoflow_sandbox.vinted.errors import ACCESS_DENIED, BROKEN, NOT_FOUND, SIGNED_OUT, TOO_MANY, invalid
from stoflow_sandbox.vinted.member_browser import MemberBrowser
from stoflow_sandbox.vinted.wardrobe import Wardrobe

ACCESS_LIFE_S = 7200
FIRST_MEMBER = 80_000_001
FIRST_ITEM = 5_000_000_001
FIRST_PHOTO = 20_000_000_001
FIRST_BUYER = 60_000_001
FIRST_TRANSACTION = 3_000_000_001
FIRST_CONVERSATION = 7_000_000_001
FIRST_MESSAGE = 9_000_000_001
API = "/api/v2"
UPLOAD = f"{API}/item_upload"
ACCESS_COOKIE = "access_token_web"
REFRESH_COOKIE = "refresh_token_web"
WardrobeWork = Callable[[Wardrobe, ReceivedCall], Answer]


class VintedMarket:
    """Members, their wardrobes, and the numbers Vinted gives."""

    name = "vinted"
    deeds: Deeds = DEEDS
    paced: Paced = PACED

    def __init__(
        self,
        application: Application,  # noqa: ARG002  # has none
        *,
        token_speed: float = 1.0,
        clock: Clock = MACHINE_CLOCK,
    ) -> None:
        self._clock = clock
        self.tokens = TokenBook(clock)
        self._life_s = ACCESS_LIFE_S / token_speed
        self._wardrobes: dict[str, Wardrobe] = {}
        self._members_by_login: dict[str, Seller] = {}
        self._members = Numbers(FIRST_MEMBER)
        self._items, self._photos = Numbers(FIRST_ITEM), Numbers(FIRST_PHOTO)
        self._registers = people.Registers(
            buyers=Numbers(FIRST_BUYER),
            transactions=Numbers(FIRST_TRANSACTION),
            conversations=Numbers(FIRST_CONVERSATION),
            messages=Numbers(FIRST_MESSAGE),
            items=self._items,
        )

    @staticmethod
    def variables(url: str, application: Application) -> Mapping[str, str]:  # noqa: ARG004  # as the others
        """Return nothing: StoFlow itself never calls Vinted."""
        return {}

    @staticmethod
    def open_browser(sandbox_url: str, timeout_s: float) -> MemberBrowser:
        """Open a browser in which no member is signed in yet."""
        return MemberBrowser(sandbox_url, timeout_s=timeout_s)

    def operations(self) -> Sequence[Operation]:
        """Return the site's calls; GETs want the cookies alone, writes the CSRF token too."""
        at = self._in_wardrobe
        draft, item = f"{UPLOAD}/drafts/{{item_id}}", f"{UPLOAD}/items/{{item_id}}"
        wardrobe, refresh = f"{API}/wardrobe/{{user_id}}/items", "/web/api/auth/refresh"
        transaction, conversation = f"{API}/transactions/{{transaction_id}}", f"{API}/conversations/{{conversation_id}}"
        return (
            Operation("photo.upload", "POST", f"{API}/photos", at(self._upload_photo)),
            # drafts
            Operation("draft.create", "POST", f"{UPLOAD}/drafts", at(self._create_draft)),
            Operation("draft.complete", "POST", f"{draft}/completion", at(items.complete_draft)),
            Operation("draft.delete", "DELETE", draft, at(items.delete_draft)),
            # items
            Operation("item.create", "POST", f"{UPLOAD}/items", at(self._create_item)),
            Operation("item.get", "GET", item, at(items.show_item)),
            Operation("item.update", "PUT", item, at(items.update_item)),
            Operation("item.delete", "POST", f"{API}/items/{{item_id}}/delete", at(items.delete_item)),
            Operation("item.hide", "PUT", f"{API}/items/{{item_id}}/is_hidden", at(items.hide_item)),
            Operation("wardrobe.list", "GET", wardrobe, at(items.list_wardrobe)),
            # buyers
            Operation("orders.list", "GET", f"{API}/my_orders", at(dealings.list_orders)),
            Operation("transaction.get", "GET", transaction, at(dealings.show_transaction)),
            Operation("inbox.list", "GET", f"{API}/inbox", at(dealings.list_inbox)),
            Operation("conversation.get", "GET", conversation, at(dealings.show_conversation)),
            Operation("message.send", "POST", f"{conversation}/replies", at(self._reply)),
            # the member and the page
            Operation("user.get", "GET", f"{API}/users/current", at(_show_member)),
            Operation("page.new_item", "GET", "/items/new", at(_show_page)),
            *self._pages(),
            Operation("session.refresh", "POST", refresh, self._refresh, open_door=True, by_rate=False),
        )

    def _pages(self) -> Sequence[Operation]:
        """Return what anybody's browser may open, and no fault of a rate meets."""

        def page(name: str, method: str, path: str, work: Callable[[ReceivedCall], Answer]) -> Operation:
            return Operation(f"page.{name}", method, path, work, open_door=True, by_rate=False)

        return (
            page("home", "GET", "/", lambda call: site.home(self._wardrobe_of(call))),
            page("sign_in", "GET", "/sign-in", lambda _: site.sign_in_form(list(self._members_by_login))),
            page("signed_in", "POST", "/sign-in", self._sign_in),
            page("challenge", "GET", site.CHALLENGE_PATH, lambda _: site.challenge()),
            page("challenge_met", "POST", site.CHALLENGE_PATH, self._meet_challenge),
            page("terms", "GET", "/terms_and_conditions", lambda _: site.terms()),
        )

    def token_of(self, headers: Mapping[str, str]) -> str:
        """Return the access token in the session's cookies."""
        return _cookie(headers, ACCESS_COOKIE)

    def authorize(self, call: ReceivedCall) -> None:
        """Refuse a session that ended, and a write without the page's CSRF token."""
        if call.seller is None or not self.tokens.is_live(self.token_of(call.headers)):
            raise Refusal(SIGNED_OUT)
        wardrobe = self._wardrobes[call.seller.external_id]
        if wardrobe.is_challenged:
            raise Refusal(site.CHALLENGED)
        if call.method != "GET" and call.headers.get("x-csrf-token") != wardrobe.csrf_token:
            raise Refusal(ACCESS_DENIED)

    def make_seller(self, *, name: str, tenant: int | None, wishes: Mapping[str, Any]) -> Seller:
        """Make a member with an empty wardrobe."""
        user_id, login = self._members.take(), name.lower().replace(" ", "_")
        currency = str(wishes.get("currency", "EUR"))
        settings = {"user_id": user_id, "login": login, "currency": currency}
        seller = Seller(self.name, str(user_id), name, tenant, settings)
        self._wardrobes[seller.external_id] = Wardrobe(user_id, login, currency, self._clock)
        self._members_by_login[login] = seller
        return seller

    def grant(self, seller: Seller) -> Mapping[str, Any]:
        """Sign the member in: new cookies, and a new CSRF token on the pages."""
        granted = self.tokens.grant(seller, life_s=self._life_s)
        wardrobe = self._wardrobes[seller.external_id]
        wardrobe.csrf_token = str(uuid4())
        cookies = {ACCESS_COOKIE: granted["access_token"], REFRESH_COOKIE: granted["refresh_token"]}
        return {
            **granted,
            "session": {"cookies": {**cookies, "anon_id": str(uuid4())}, "csrf_token": wardrobe.csrf_token},
        }

    def behave(self, seller: Seller, act: str, wishes: Mapping[str, Any]) -> Effect:
        """Let a buyer buy or write, or the member act on the site itself."""
        return people.behave(self._wardrobes[seller.external_id], act, wishes, self._registers)

    def too_many(self, retry_after_s: int) -> Answer:
        """Return the answer to too much haste."""
        return Answer(429, TOO_MANY, {"retry-after": str(retry_after_s)})

    def broken(self) -> Answer:
        """Return the answer when the site broke."""
        return BROKEN

    def malformed(self) -> Answer:
        """Return the answer to a body the site cannot read."""
        return invalid([("base", "Body is not valid")]).answer

    def unexpected(self, names: Sequence[str]) -> Answer:  # noqa: ARG002  # the site names none
        """Return the same: no call of the site's own says which parameters it takes."""
        return self.malformed()

    def not_found(self) -> Answer:
        """Return the answer to an unknown path."""
        return NOT_FOUND

    def _wardrobe_of(self, call: ReceivedCall) -> Wardrobe | None:
        is_here = call.seller is not None and self.tokens.is_live(self.token_of(call.headers))
        return self._wardrobes[call.seller.external_id] if call.seller and is_here else None

    def _sign_in(self, call: ReceivedCall) -> Answer:
        seller = self._members_by_login.get(call.form.get("login", ""))
        if seller is None:
            return site.redirect("sign-in")
        return site.signed_in(self.grant(seller)["session"]["cookies"])

    def _meet_challenge(self, call: ReceivedCall) -> Answer:
        wardrobe = self._wardrobe_of(call)
        if wardrobe is not None:
            wardrobe.is_challenged = False
        return site.redirect("./")

    def _in_wardrobe(self, work: WardrobeWork) -> Callable[[ReceivedCall], Answer]:
        def work_in_wardrobe(call: ReceivedCall) -> Answer:
            if call.seller is None:
                raise Refusal(SIGNED_OUT)
            return work(self._wardrobes[call.seller.external_id], call)

        return work_in_wardrobe

    def _refresh(self, call: ReceivedCall) -> Answer:
        refresh = _cookie(call.headers, REFRESH_COOKIE)
        seller = self.tokens.refreshed_by(refresh)
        if seller is None:
            raise Refusal(SIGNED_OUT)
        access = self.tokens.grant_access(seller, life_s=self._life_s)
        cookie = {"set-cookie": f"{ACCESS_COOKIE}={access}; Path=/"}
        return Answer(200, {"code": 0}, cookie, Effect(seller=seller, state="refreshed"))

    def _upload_photo(self, wardrobe: Wardrobe, call: ReceivedCall) -> Answer:
        return items.upload_photo(wardrobe, call, self._photos)

    def _create_draft(self, wardrobe: Wardrobe, call: ReceivedCall) -> Answer:
        return items.create_draft(wardrobe, call, self._items)

    def _create_item(self, wardrobe: Wardrobe, call: ReceivedCall) -> Answer:
        return items.create_item(wardrobe, call, self._items)

    def _reply(self, wardrobe: Wardrobe, call: ReceivedCall) -> Answer:
        return dealings.reply(wardrobe, call, self._registers.messages)


def _show_member(wardrobe: Wardrobe, call: ReceivedCall) -> Answer:  # noqa: ARG001  # every wardrobe work takes both
    return Answer(200, {"user": {"id": wardrobe.user_id, "login": wardrobe.login}, "code": 0})


def _show_page(wardrobe: Wardrobe, call: ReceivedCall) -> Answer:  # noqa: ARG001  # as above
    return site.sell(wardrobe)


def _cookie(headers: Mapping[str, str], name: str) -> str:
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return ""
    return cookies[name].value if name in cookies else ""
