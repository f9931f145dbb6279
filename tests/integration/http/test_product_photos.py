"""A product's photos over HTTP, before the real use cases and a real database."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2s
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from stoflow.http.rest.problems import TooMany
from stoflow.http.rest.rate_limits import Asker
from stoflow.http.rest.threads import Shares
from stoflow.settings import Settings
from tests.harness.shop import Shop


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """An installation that may fetch from this machine."""
    return settings.model_copy(update={"photo_networks": (ip_network("127.0.0.1/32"),), "photo_timeout_s": 5.0})


def picture(colour: str = "red", kind: str = "JPEG", size: tuple[int, int] = (40, 30)) -> bytes:
    drawn = BytesIO()
    Image.new("RGB", size, colour).save(drawn, kind)
    return drawn.getvalue()


def digest(content: bytes) -> str:
    return blake2s(content, digest_size=16).hexdigest()


def upload(shop: Shop, product: int, *photos: bytes, **more: Any) -> httpx.Response:
    files = [("files", (f"photo {place}.jpg", content)) for place, content in enumerate(photos, start=1)]
    return shop.client.post(f"/api/products/{product}/photos", files=files, **more)


def digests(shop: Shop, product: int) -> list[str]:
    items = shop.client.get(f"/api/products/{product}/photos").json()["items"]
    assert [each["position"] for each in items] == list(range(1, len(items) + 1))
    return [each["digest"] for each in items]


@contextmanager
def website(photos: dict[str, bytes]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = photos.get(self.path)
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(found or b"")

        def log_message(self, *_: object, **__: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_photos_are_uploaded_listed_and_read_as_they_were_given(shops: tuple[Shop, Shop]) -> None:
    alice, bob = shops
    product = alice.product()
    red, blue = picture("red"), picture("blue", "PNG", (20, 50))
    before = alice.client.get(f"/api/products/{product}").headers["etag"]
    made = upload(alice, product, red, blue)
    assert made.status_code == 201, made.text
    assert made.json()["items"] == [
        {
            "position": 1,
            "digest": digest(red),
            "content_type": "image/jpeg",
            "bytes": len(red),
            "width": 40,
            "height": 30,
            "url": f"/api/products/{product}/photos/1",
        },
        {
            "position": 2,
            "digest": digest(blue),
            "content_type": "image/png",
            "bytes": len(blue),
            "width": 20,
            "height": 50,
            "url": f"/api/products/{product}/photos/2",
        },
    ]
    listed = alice.client.get(f"/api/products/{product}/photos")
    assert listed.json() == made.json()
    assert alice.client.get(made.json()["items"][1]["url"]).content == blue
    product_now = alice.client.get(f"/api/products/{product}")
    assert product_now.json()["images"] == 2
    assert before != product_now.headers["etag"] == made.headers["etag"] == listed.headers["etag"]
    assert bob.client.get(f"/api/products/{product}/photos").status_code == 404
    assert upload(bob, product, red).status_code == 404


def test_one_broken_file_is_named_and_nothing_is_lost_or_added(shops: tuple[Shop, Shop]) -> None:
    alice, _ = shops
    product = alice.product()
    first = upload(alice, product, picture("red"))
    broken = upload(alice, product, picture("green"), picture("blue")[:300], b"", b"%PDF-1.7 no photo")
    assert broken.status_code == 422
    errors = broken.json()["errors"]
    assert [each["field"] for each in errors] == ["files.1", "files.2", "files.3"]
    assert [each["message"].split('" ')[0] for each in errors] == [f'The photo "photo {n}.jpg' for n in (2, 3, 4)]
    assert alice.client.get(f"/api/products/{product}/photos").json() == first.json()
    assert alice.client.get(f"/api/products/{product}/photos/1").content == picture("red")


def test_a_photo_that_is_there_is_not_added_again(shops: tuple[Shop, Shop]) -> None:
    alice, _ = shops
    product = alice.product()
    for _ in range(2):
        assert upload(alice, product, picture("red"), picture("blue"), picture("red")).status_code == 201
    assert digests(alice, product) == [digest(picture("red")), digest(picture("blue"))]


@pytest.mark.parametrize("by_digest", [False, True])
def test_photos_are_put_in_order_by_position_or_digest(shops: tuple[Shop, Shop], by_digest: bool) -> None:
    alice, _ = shops
    product = alice.product()
    photos = [picture(colour) for colour in ("red", "green", "blue")]
    upload(alice, product, *photos)
    wanted = [digest(photos[place]) for place in (2, 0, 1)]
    order: Sequence[object] = wanted if by_digest else [3, 1, 2]
    answer = alice.client.put(f"/api/products/{product}/photos", json={"order": order})
    assert answer.status_code == 200
    assert [each["digest"] for each in answer.json()["items"]] == digests(alice, product) == wanted
    assert alice.client.get(f"/api/products/{product}/photos/1").content == photos[2]


@pytest.mark.parametrize("order", [[1], [1, 1], [1, 2, 3], [1, "abc"], [2, 1, 1]])
def test_an_order_that_does_not_name_each_photo_once_is_refused(shops: tuple[Shop, Shop], order: list[object]) -> None:
    alice, _ = shops
    product = alice.product()
    upload(alice, product, picture("red"), picture("blue"))
    before = digests(alice, product)
    answer = alice.client.put(f"/api/products/{product}/photos", json={"order": order})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "order")
    assert digests(alice, product) == before


def test_a_deleted_photo_closes_its_gap(shops: tuple[Shop, Shop]) -> None:
    alice, bob = shops
    product = alice.product()
    photos = [picture(colour) for colour in ("red", "green", "blue")]
    upload(alice, product, *photos)
    assert bob.client.delete(f"/api/products/{product}/photos/2").status_code == 404
    gone = alice.client.delete(f"/api/products/{product}/photos/2")
    assert [each["digest"] for each in gone.json()["items"]] == [digest(photos[0]), digest(photos[2])]
    assert alice.client.get(f"/api/products/{product}/photos/2").content == photos[2]
    assert alice.client.delete(f"/api/products/{product}/photos/3").status_code == 404


def test_photos_are_changed_only_as_the_product_was_read(shops: tuple[Shop, Shop]) -> None:
    alice, _ = shops
    product = alice.product()
    path = f"/api/products/{product}/photos"
    stale = alice.client.get(f"/api/products/{product}").headers["etag"]
    now = upload(alice, product, picture("red"), picture("blue"), headers={"If-Match": stale}).headers["etag"]
    before = digests(alice, product)
    old = {"If-Match": stale}
    refused = (
        upload(alice, product, picture("green"), headers=old),
        alice.client.put(path, json={"order": [2, 1]}, headers=old),
        alice.client.delete(f"{path}/1", headers=old),
    )
    assert [each.status_code for each in refused] == [412, 412, 412]
    assert digests(alice, product) == before
    assert alice.client.delete(f"{path}/1", headers={"If-Match": now}).status_code == 200


def test_a_product_has_at_most_fifty_photos(shops: tuple[Shop, Shop]) -> None:
    alice, _ = shops
    product = alice.product()
    photos = [picture(f"#{number:06x}", "PNG") for number in range(0, 51 * 1_000, 1_000)]
    for first in (0, 20, 40):
        last = upload(alice, product, *photos[first : first + 20])
    assert (last.status_code, len(digests(alice, product))) == (409, 40)
    assert upload(alice, product, *photos[40:50]).status_code == 201
    assert upload(alice, product, photos[50]).status_code == 409
    assert upload(alice, product, photos[0]).status_code == 201


def test_photos_are_fetched_from_addresses_and_each_that_cannot_be_is_named(shops: tuple[Shop, Shop]) -> None:
    alice, _ = shops
    product = alice.product()
    path = f"/api/products/{product}/photos"
    with website({"/1.jpg": picture("red"), "/2.jpg": picture("blue"), "/page": b"<html>"}) as site:
        wrong = alice.client.post(path, json={"urls": [f"{site}/1.jpg", f"{site}/page", f"{site}/none"]})
        assert [each["field"] for each in wrong.json()["errors"]] == ["urls.1", "urls.2"]
        assert digests(alice, product) == []
        made = alice.client.post(path, json={"urls": [f"{site}/2.jpg", f"{site}/1.jpg"]})
    assert made.status_code == 201
    assert digests(alice, product) == [digest(picture("blue")), digest(picture("red"))]


@pytest.mark.parametrize("address", ["http://10.0.0.1/1.jpg", "http://[::1]/1.jpg", "http://169.254.169.254/1.jpg"])
def test_no_address_of_a_private_network_is_called(shops: tuple[Shop, Shop], address: str) -> None:
    alice, _ = shops
    answer = alice.client.post(f"/api/products/{alice.product()}/photos", json={"urls": [address]})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "urls.0")
    assert "private network" in answer.json()["detail"]


@pytest.mark.parametrize("urls", [[], ["file:///etc/passwd"], ["media/1.jpg"], ["https://example.com/1"] * 25])
def test_what_is_no_address_is_refused(shops: tuple[Shop, Shop], urls: list[str]) -> None:
    alice, _ = shops
    answer = alice.client.post(f"/api/products/{alice.product()}/photos", json={"urls": urls})
    assert answer.status_code == 422


def test_an_upload_leaves_no_file_but_the_photos(shops: tuple[Shop, Shop], settings: Settings) -> None:
    alice, _ = shops
    product = alice.product()
    upload(alice, product, picture("red"), b"broken" * 100_000)
    upload(alice, product, picture("red"))
    kept = [file for file in (Path(settings.home) / "media").rglob("*") if file.is_file()]
    assert [file.stem for file in kept] == [digest(picture("red"))]


def test_one_seller_has_two_uploads_under_way_and_leaves_room_for_others() -> None:
    shares, anna, ben = Shares(2), Asker("account", "1"), Asker("account", "2")
    with shares.taken(anna), shares.taken(anna):
        with pytest.raises(TooMany, match="under way"), shares.taken(anna):
            pass
        with shares.taken(ben):
            pass
    with shares.taken(anna):
        pass
