"""The end of the walk: another place, a marketplace revoked, everything exported, and the account deleted."""

import io
from zipfile import ZipFile

from campaigns.walk.seller import PASSWORD, TOKEN, Seller, Walk
from campaigns.walk.world import PATIENCE_S, WentWrong, wait_until

NEXT_PASSWORD = "another long password"  # noqa: S105  of nobody


def log_in_elsewhere(walking: Walk, first: Seller) -> Seller:
    """Log in from a second place and change the password there: the first place is out, tokens and refresh alike."""
    world = walking.world
    given = world.must(200, "POST", "/auth/login", {"email": first.email, "password": PASSWORD})
    world.must(200, "GET", "/api/account", token=first.token)
    body = {"current_password": PASSWORD, "new_password": NEXT_PASSWORD}
    given = world.must(200, "POST", "/api/account/password", body, token=given["access_token"])
    wait_until(lambda: world.ask("GET", "/api/account", token=first.token).status == 401, "the first place is out")
    world.must(401, "POST", "/auth/refresh", {"refresh_token": first.refresh_token})
    world.must(200, "GET", "/api/account", token=given["access_token"])
    walking.note("a second place", "logged in, and the first one revoked")
    return Seller(first.email, first.tenant, given["access_token"], given["refresh_token"])


def revoke(walking: Walk, seller: Seller, account: str) -> None:
    """Disconnect a marketplace, and consent to it anew."""
    gone = walking.world.must(200, "DELETE", "/api/etsy/connection", token=seller.token)
    ended = walking.world.consent(seller.token, "etsy", account)
    if gone["connected"] or ended["status"] != 200:
        raise WentWrong(f"Etsy was disconnected so: {gone}, and connected again so: {ended}")
    walking.note("etsy revoked", f"{gone['state']}, and connected again in the browser")


def export(walking: Walk, seller: Seller) -> None:
    file = walking.world.folder / "everything.zip"
    walking.world.must(200, "GET", "/api/account/export", token=seller.token, more=("-o", str(file)))
    with ZipFile(io.BytesIO(file.read_bytes())) as archive:
        names = archive.namelist()
        products = len(archive.read("products.ndjson").splitlines())
    photos = sum(name.startswith("photos/") for name in names)
    if (products, photos) != (walking.products, walking.products):
        raise WentWrong(f"The export has {products} products and {photos} photos.")
    walking.note("export", f"{products} products, {photos} photos, {len(names) - photos} tables")


def leave(walking: Walk, seller: Seller, neighbour: Seller) -> None:
    """Delete the account, its listings ended; the neighbour notices nothing."""
    world = walking.world
    (world.folder / TOKEN).write_text(seller.token)  # whose plugin ends what is for sale on Vinted
    world.must(202, "POST", "/api/account/deletion", {"password": NEXT_PASSWORD, "listings": "end"}, token=seller.token)

    def is_gone() -> bool:
        body = {"email": seller.email, "password": NEXT_PASSWORD}
        return world.ask("POST", "/auth/login", body).status == 401

    wait_until(is_gone, "the account is gone", for_s=5 * PATIENCE_S)
    world.must(200, "GET", "/api/account", token=neighbour.token)
    walking.note("left", "the account is gone, and the neighbour is not")
