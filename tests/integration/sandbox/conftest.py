"""A sandbox over real HTTP, and a client of each marketplace that keeps its contract."""

import ssl
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from stoflow_sandbox.app import SandboxOptions
from stoflow_sandbox.server import SandboxServer

TLS = ssl.create_default_context()  # unused by plain HTTP, and too slow to make for each client
JPEG = b"\xff\xd8\xff\xe0" + bytes(200)
UUID = "6b0e8b9a-2f57-4a52-9a3e-0d2f6f1c7a11"


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(SandboxOptions(speed=20, latency_ms=(0, 0))) as running:
        yield running


@pytest.fixture
def http(server: SandboxServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=5, verify=TLS) as client:
        yield client


class Seller:
    """One seller, as the sandbox's control endpoint made it."""

    def __init__(self, http: httpx.Client, marketplace: str, tenant: int = 7, **wishes: Any) -> None:
        self.http = http
        body = {"marketplace": marketplace, "tenant": tenant, "settings": wishes}
        made = http.post("/control/sellers", json=body)
        assert made.status_code == 201, made.text
        self.made: dict[str, Any] = made.json()
        self.settings: dict[str, Any] = self.made["settings"]
        self.marketplace = marketplace

    def script(self, operation: str, fault: str, **more: Any) -> None:
        fault_of_ours = {"marketplace": self.marketplace, "operation": operation, "fault": fault, **more}
        assert self.http.post("/control/script", json=[fault_of_ours]).status_code == 200

    def behave(self, act: str, **wishes: Any) -> httpx.Response:
        """Let a buyer, or the seller in the marketplace's own pages, act behind StoFlow's back."""
        who = f"/control/sellers/{self.marketplace}/{self.made['external_id']}"
        return self.http.post(f"{who}/behave", json={"act": act, **wishes})

    def ledger(self) -> list[dict[str, Any]]:
        return [httpx.Response(200, text=line).json() for line in self.http.get("/control/ledger").text.splitlines()]


class EbaySeller(Seller):
    def __init__(self, http: httpx.Client, tenant: int = 7, **wishes: Any) -> None:
        super().__init__(http, "ebay", tenant, **wishes)
        self.headers = {"authorization": f"Bearer {self.made['access_token']}", "content-language": "fr-FR"}

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {**self.headers, **more.pop("headers", {})}
        return self.http.request(method, f"/ebay{path}", headers=headers, **more)

    def inventory(self, method: str, path: str, **more: Any) -> httpx.Response:
        if path.endswith(("/publish", "/withdraw")):
            more = {"json": {}, **more}
        return self.call(method, f"/sell/inventory/v1{path}", **more)

    def item(self, **product: Any) -> dict[str, Any]:
        return {
            "condition": "USED_EXCELLENT",
            "availability": {"shipToLocationAvailability": {"quantity": 1}},
            "product": {
                "title": "Robe rouge",
                "description": "Une robe.",
                "aspects": {"Marque": ["Sézane"]},
                "imageUrls": ["https://i.ebayimg.com/images/g/1/s-l1600.jpg"],
                **product,
            },
        }

    def offer(self, sku: str, **more: Any) -> dict[str, Any]:
        policies = {
            "fulfillmentPolicyId": self.settings["fulfillment_policy_id"],
            "paymentPolicyId": self.settings["payment_policy_id"],
            "returnPolicyId": self.settings["return_policy_id"],
        }
        return {
            "sku": sku,
            "marketplaceId": self.settings["marketplace_id"],
            "format": "FIXED_PRICE",
            "availableQuantity": 1,
            "categoryId": "63861",
            "merchantLocationKey": self.settings["merchant_location_key"],
            "listingPolicies": policies,
            "listingDuration": "GTC",
            "pricingSummary": {"price": {"value": "25.00", "currency": self.settings["currency"]}},
            **more,
        }

    def publish(self, sku: str = "sf7p1", *, quantity: int = 1) -> str:
        """Return the listing of a new offer."""
        offer = self.make_offer(sku, quantity=quantity)
        published = self.inventory("POST", f"/offer/{offer}/publish")
        assert published.status_code == 200, published.text
        return published.json()["listingId"]

    def orders(self, **query: str) -> httpx.Response:
        return self.call("GET", "/sell/fulfillment/v1/order", params=query)

    def sell(self, listing: str, **wishes: Any) -> None:
        assert self.behave("sell", listing_id=listing, **wishes).status_code == 200

    def shown(self, sku: str = "sf7p1") -> dict[str, Any]:
        """Return the one offer of a SKU."""
        return self.inventory("GET", f"/offer?sku={sku}").json()["offers"][0]

    def make_offer(self, sku: str = "sf7p1", *, quantity: int = 1, **more: Any) -> str:
        stock = {"availability": {"shipToLocationAvailability": {"quantity": quantity}}}
        assert self.inventory("PUT", f"/inventory_item/{sku}", json={**self.item(), **stock}).status_code == 204
        made = self.inventory("POST", "/offer", json=self.offer(sku, **{"availableQuantity": quantity, **more}))
        assert made.status_code == 201, made.text
        return made.json()["offerId"]


class EtsySeller(Seller):
    def __init__(self, http: httpx.Client, tenant: int = 7) -> None:
        super().__init__(http, "etsy", tenant)
        self.headers = {
            "x-api-key": "stoflow-sandbox:stoflow-sandbox-secret",
            "authorization": f"Bearer {self.made['access_token']}",
        }
        self.shop = f"/shops/{self.settings['shop_id']}"

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {**self.headers, **more.pop("headers", {})}
        return self.http.request(method, f"/etsy/v3/application{path}", headers=headers, **more)

    def form(self, **more: str) -> dict[str, str]:
        return {
            "quantity": "1",
            "title": "Robe rouge",
            "description": "marker-0123456789",
            "price": "25.00",
            "who_made": "someone_else",
            "when_made": "2010_2019",
            "taxonomy_id": "482",
            "shipping_profile_id": str(self.settings["shipping_profile_id"]),
            "return_policy_id": str(self.settings["return_policy_id"]),
            "readiness_state_id": str(self.settings["readiness_state_id"]),
            **more,
        }

    def make_draft(self, **more: str) -> int:
        made = self.call("POST", f"{self.shop}/listings", data=self.form(**more))
        assert made.status_code == 201, made.text
        return made.json()["listing_id"]

    def add_image(self, listing: int, **fields: str) -> httpx.Response:
        files = {"image": ("photo.jpg", JPEG, "image/jpeg")}
        return self.call("POST", f"{self.shop}/listings/{listing}/images", files=files, data=fields)

    def inventory(self, sku: str = "sf7p1", **offering: Any) -> dict[str, Any]:
        only = {"price": 25.0, "quantity": 1, "is_enabled": True}
        only |= {"readiness_state_id": self.settings["readiness_state_id"], **offering}
        return {
            "products": [{"sku": sku, "property_values": [], "offerings": [only]}],
            "price_on_property": [],
            "quantity_on_property": [],
            "sku_on_property": [],
        }


class VintedMember(Seller):
    def __init__(self, http: httpx.Client, tenant: int = 7) -> None:
        super().__init__(http, "vinted", tenant)
        self.csrf = {"x-csrf-token": self.made["session"]["csrf_token"]}
        cookies = self.made["session"]["cookies"]
        self.cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"cookie": self.cookie, **self.csrf, **more.pop("headers", {})}
        return self.http.request(method, f"/vinted/api/v2{path}", headers=headers, **more)

    def add_photo(self, **fields: str) -> httpx.Response:
        data = {"photo[type]": "item", "photo[temp_uuid]": UUID, **fields}
        return self.call("POST", "/photos", data=data, files={"photo[file]": ("photo.jpg", JPEG, "image/jpeg")})

    def draft(self, photo: int, **more: Any) -> dict[str, Any]:
        return {
            "id": None,
            "currency": "EUR",
            "temp_uuid": UUID,
            "title": "Robe rouge",
            "description": "marker-0123456789",
            "brand": "Sézane",
            "catalog_id": 1055,
            "price": 25,
            "package_size_id": 1,
            "color_ids": [7],
            "assigned_photos": [{"id": photo, "orientation": 0}],
            "item_attributes": [{"code": "condition", "ids": [2]}, {"code": "size", "ids": [3]}],
            **more,
        }

    def make_draft(self, **more: Any) -> tuple[int, dict[str, Any]]:
        body = self.draft(self.add_photo().json()["id"], **more)
        made = self.call("POST", "/item_upload/drafts", json={"draft": body, "parcel": None, "upload_session_id": UUID})
        assert made.status_code == 200, made.text
        return made.json()["draft"]["id"], body

    def complete(self, draft: int, body: dict[str, Any], **more: Any) -> httpx.Response:
        whole = {**body, "id": draft, "description": "Une robe rouge.", **more}
        return self.call("POST", f"/item_upload/drafts/{draft}/completion", json={"draft": whole, "push_up": False})


@pytest.fixture
def ebay(http: httpx.Client) -> EbaySeller:
    return EbaySeller(http)


@pytest.fixture
def make_ebay(http: httpx.Client) -> Callable[..., EbaySeller]:
    """Make another seller on eBay, where eBay has the quirks named."""
    return lambda **quirks: EbaySeller(http, quirks=quirks)


@pytest.fixture
def etsy(http: httpx.Client) -> EtsySeller:
    return EtsySeller(http)


@pytest.fixture
def vinted(http: httpx.Client) -> VintedMember:
    return VintedMember(http)
