"""What stands around an eBay offer: OAuth tokens, business policies, locations, pictures, who the seller is."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from stoflow.domain.errors import InputError
from stoflow_sandbox.application import Application
from stoflow_sandbox.calls import Answer, Effect, ReceivedCall
from stoflow_sandbox.ebay.errors import refusal
from stoflow_sandbox.ebay.shop import MARKETPLACES, Shop
from stoflow_sandbox.images import picture_type
from stoflow_sandbox.sellers import Numbers, TokenBook

PICTURE_BYTES_AT_MOST = 12 * 1024 * 1024
PICTURE_LIFE_DAYS = 30
APPLICATION_TOKEN = "v^1.1#application"  # noqa: S105  # opens nothing but this simulator
POLICY_LISTS = {
    "fulfillment_policy": "fulfillmentPolicies",
    "payment_policy": "paymentPolicies",
    "return_policy": "returnPolicies",
}
POLICY_NUMBERS = {
    "fulfillment_policy": "fulfillmentPolicyId",
    "payment_policy": "paymentPolicyId",
    "return_policy": "returnPolicyId",
}
LOCATION_KEY = "HOME"
LOCATIONS_AT_ONCE = 100
FOR_THINGS = [{"name": "ALL_EXCLUDING_MOTORS_VEHICLES"}]


def furnish(shop: Shop, policies: Mapping[str, str], site: str) -> None:
    """Give the shop a location, and a policy of each kind with its number."""
    _add_location(shop, {"merchantLocationKey": LOCATION_KEY}, site)
    for kind, number in policies.items():
        _add_policy(shop, kind, number, {"marketplaceId": site})


def furnish_more(shop: Shop, wishes: Mapping[str, Any], site: str) -> None:
    """Give the shop what is wished for besides."""
    for count, wish in enumerate(wishes.get("more_policies", ()), start=1):
        kind = wish.get("kind")
        if kind not in POLICY_LISTS:
            raise InputError(f"The kinds of policies on eBay are {', '.join(POLICY_LISTS)}.")
        shown = {name: value for name, value in wish.items() if name not in {"kind", "marketplace_id"}}
        number = f"{next(iter(shop.policies[kind]))}{count:02d}"
        _add_policy(shop, kind, number, {"marketplaceId": wish.get("marketplace_id", site), **shown})
    for wish in wishes.get("more_locations", ()):
        _add_location(shop, wish, site)


def _add_policy(shop: Shop, kind: str, number: str, shown: Mapping[str, Any]) -> None:
    policy = {POLICY_NUMBERS[kind]: number, "name": kind, "categoryTypes": FOR_THINGS, **shown}
    shop.policies.setdefault(kind, {})[number] = policy


def _add_location(shop: Shop, shown: Mapping[str, Any], site: str) -> None:
    shop.locations[shown["merchantLocationKey"]] = {
        "merchantLocationStatus": "ENABLED",
        "location": {"address": {"country": site.removeprefix("EBAY_"), "city": "Lyon", "postalCode": "69001"}},
        "locationTypes": ["WAREHOUSE"],
        **shown,
    }


def give_tokens(
    call: ReceivedCall,
    tokens: TokenBook,
    application: Application,
    *,
    life_s: float,
    exchanged: Callable[[], Answer],
) -> Answer:
    """Grant an access token; eBay's refresh tokens do not rotate. `exchanged` answers a code."""
    if not application.opens_with_basic(call.headers.get("authorization", "")):
        return _oauth_error(401, "invalid_client", "client authentication failed")
    match call.form.get("grant_type"):
        case "refresh_token":
            seller = tokens.refreshed_by(call.form.get("refresh_token", ""))
            if seller is None:
                what = "the provided authorization refresh token is invalid or was issued to another client"
                return _oauth_error(400, "invalid_grant", what)
            access = tokens.grant_access(seller, life_s=life_s)
            body = {"access_token": access, "expires_in": int(life_s), "token_type": "User Access Token"}
            return Answer(200, body, effect=Effect(seller=seller, state="granted"))
        case "authorization_code":
            return exchanged()
        case "client_credentials":
            body = {
                "access_token": APPLICATION_TOKEN,
                "expires_in": int(life_s),
                "token_type": "Application Access Token",
            }
            return Answer(200, body)
        case _:
            return _oauth_error(400, "unsupported_grant_type", "grant type in request is not supported by the server")


def check_application(call: ReceivedCall) -> None:
    """Take the application's own token, as eBay does where no seller is concerned, and no seller's."""
    header = call.headers.get("authorization", "")
    if not header:
        raise refusal(400, 1002)
    if header != f"Bearer {APPLICATION_TOKEN}":
        raise refusal(401, 1001)


def list_policies(shop: Shop, call: ReceivedCall) -> Answer:
    """getFulfillmentPolicies and its two sisters."""
    kind = call.operation.partition(".")[0]
    marketplace = call.query.get("marketplace_id", "")
    if marketplace not in MARKETPLACES:
        raise refusal(400, 20403, fieldName="marketplaceId")
    found = [policy for policy in shop.policies[kind].values() if policy["marketplaceId"] == marketplace]
    body: dict[str, Any] = {"total": len(found), "limit": len(found), "offset": 0, "href": call.operation}
    return Answer(200, {**body, POLICY_LISTS[kind]: found})


def list_locations(shop: Shop, call: ReceivedCall) -> Answer:
    """getInventoryLocations: `offset` is a number of locations to skip."""
    limit, offset = call.query.get("limit", str(LOCATIONS_AT_ONCE)), call.query.get("offset", "0")
    if not (limit.isdecimal() and offset.isdecimal() and int(limit)):
        raise refusal(400, 2004)
    there = list(shop.locations.values())
    shown = there[int(offset) : int(offset) + int(limit)]
    paging = {"href": call.operation, "limit": int(limit), "offset": int(offset), "total": len(there)}
    return Answer(200, {**paging, "locations": shown})


def get_location(shop: Shop, call: ReceivedCall) -> Answer:
    """getInventoryLocation."""
    location = shop.locations.get(call.path["key"])
    if location is None:
        raise refusal(404, 25805, fieldName="merchantLocationKey")
    return Answer(200, location)


def create_location(shop: Shop, call: ReceivedCall) -> Answer:
    """createInventoryLocation."""
    key = call.path["key"]
    if key in shop.locations:
        raise refusal(409, 25803, fieldName="merchantLocationKey")
    if not isinstance(call.json, dict) or "location" not in call.json:
        raise refusal(400, 25801, fieldName="location")
    shop.locations[key] = {**call.json, "merchantLocationKey": key, "merchantLocationStatus": "ENABLED"}
    return Answer(204, effect=Effect(state="ENABLED"))


def upload_picture(call: ReceivedCall, pictures: dict[str, dict[str, Any]], numbers: Numbers) -> Answer:
    """createImageFromFile."""
    upload = call.files.get("image")
    if upload is None:
        raise refusal(400, 190203)
    if len(upload.content) > PICTURE_BYTES_AT_MOST:
        raise refusal(400, 190201)
    if picture_type(upload.content) is None:
        raise refusal(400, 190203)
    return _kept(pictures, numbers, at=call.received_at)


def link_picture(call: ReceivedCall, pictures: dict[str, dict[str, Any]], numbers: Numbers) -> Answer:
    """createImageFromUrl: the sandbox fetches nothing, so any https address will do."""
    url = call.json.get("imageUrl") if isinstance(call.json, dict) else None
    if not isinstance(url, str) or not url.startswith("https://"):
        raise refusal(400, 190204)
    return _kept(pictures, numbers, at=call.received_at)


def get_picture(call: ReceivedCall, pictures: dict[str, dict[str, Any]]) -> Answer:
    """getImage."""
    picture = pictures.get(call.path["image_id"])
    if picture is None:
        raise refusal(404, 190200)
    return Answer(200, picture)


def _kept(pictures: dict[str, dict[str, Any]], numbers: Numbers, *, at: float) -> Answer:
    image_id = str(numbers.take())
    url = f"https://i.ebayimg.com/images/g/{image_id}/s-l1600.jpg"
    expires = datetime.fromtimestamp(at, UTC) + timedelta(days=PICTURE_LIFE_DAYS)
    pictures[image_id] = {
        "imageUrl": url,
        "expirationDate": expires.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "maxDimensionImageUrl": url,
    }
    location = {"location": f"/commerce/media/v1_beta/image/{image_id}"}
    return Answer(201, pictures[image_id], location, Effect(listing_id="", state="uploaded"))


def _oauth_error(status: int, error: str, description: str) -> Answer:
    return Answer(status, {"error": error, "error_description": description})
