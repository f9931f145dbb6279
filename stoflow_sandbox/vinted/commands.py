"""The commands a plugin understands, each one call on the seller's own Vinted session."""

from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import httpx

from stoflow_sandbox import discretion
from stoflow_sandbox.browsing import Answer, FetchedFile, FetchFile, Payload, failed
from stoflow_sandbox.vinted.browser import API, Browser, NoAnswer, SiteReply

UPLOAD = f"{API}/item_upload"
TOO_MANY = 429
SIGNED_OUT = 401
NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class Command:
    """`acts` is True where a repeat would do something again."""

    run: Callable[[Browser, Payload, FetchFile, str], SiteReply]
    acts: bool


def perform(action: str, payload: Payload, *, browser: Browser, fetch_file: FetchFile, request_id: str) -> Answer:
    """Run one command and return its answer, without the request id."""
    command = COMMANDS.get(action)
    if command is None:
        return failed("unknown_action", f"Unknown action: {action}")
    try:
        return answer_of(command.run(browser, payload, fetch_file, request_id))
    except NoAnswer as error:
        return failed("no_answer" if error.sent else "unreachable", str(error), retryable=not error.sent)
    except httpx.HTTPError as error:
        return _not_fetched(error)
    except (KeyError, TypeError, ValueError) as error:
        return failed("bad_payload", f"The payload of {action} cannot be used: {error!r}.")


def answer_of(reply: SiteReply) -> Answer:
    """Return what a site's reply means: success is 2xx with JSON."""
    data = {"status": reply.status, "body": reply.body}
    if reply.retry_after_s is not None:
        data["retry_after_s"] = reply.retry_after_s
    if reply.is_success:
        return {"success": True, "data": data}
    if reply.is_captcha:
        code, message = "datadome", "Vinted asks the member to prove to be a person."
    elif reply.status == SIGNED_OUT:
        code, message = "session_lost", "The member is signed out of Vinted."
    elif reply.body is None:
        code, message = "not_json", "Vinted answered with a page."
    else:
        code, message = f"http_{reply.status}", f"Vinted answered {reply.status}."
    return {**failed(code, message, retryable=reply.status == TOO_MANY), "data": data}


def _not_fetched(error: httpx.HTTPError) -> Answer:
    """Return what it means that a photo did not come from StoFlow."""
    if isinstance(error, httpx.HTTPStatusError) and error.response.status_code == NOT_FOUND:
        return failed("photo_missing", "StoFlow has no such photo any more.")
    return failed("unreachable", "The photo cannot be fetched from StoFlow.", retryable=True)


def _upload_photo(browser: Browser, payload: Payload, fetch_file: FetchFile, request_id: str) -> SiteReply:
    file = _given(payload) if "content_b64" in payload else fetch_file(payload["url"])
    return browser.call(
        "POST",
        f"{API}/photos",
        attempt=request_id,
        data={"photo[type]": "item", "photo[temp_uuid]": payload["temp_uuid"]},
        files={"photo[file]": (payload.get("filename", "photo"), file.content, file.content_type)},
    )


def _given(payload: Payload) -> FetchedFile:
    """Return a photo that came within its command: only a small one fits a frame."""
    return FetchedFile(b64decode(payload["content_b64"]), payload.get("content_type", "image/jpeg"))


def _create_draft(browser: Browser, payload: Payload, _: FetchFile, request_id: str) -> SiteReply:
    draft = payload["draft"]
    session = payload.get("upload_session_id", draft.get("temp_uuid"))
    body = {"draft": draft, "parcel": payload.get("parcel"), "upload_session_id": session}
    return browser.call("POST", f"{UPLOAD}/drafts", attempt=request_id, json=body)


def _complete_draft(browser: Browser, payload: Payload, _: FetchFile, request_id: str) -> SiteReply:
    draft, number = payload["draft"], int(payload["id"])
    session = payload.get("upload_session_id", draft.get("temp_uuid"))
    body = {
        "draft": {**draft, "id": number},
        "feedback_id": None,
        "push_up": False,
        "parcel": payload.get("parcel"),
        "upload_session_id": session,
    }
    return browser.call("POST", f"{UPLOAD}/drafts/{number}/completion", attempt=request_id, json=body)


def _delete_draft(browser: Browser, payload: Payload, _: FetchFile, request_id: str) -> SiteReply:
    return browser.call("DELETE", f"{UPLOAD}/drafts/{int(payload['id'])}", attempt=request_id)


def _update_item(browser: Browser, payload: Payload, _: FetchFile, request_id: str) -> SiteReply:
    item, number = payload["item"], int(payload["id"])
    body = {
        "item": {**item, "id": number},
        "feedback_id": None,
        "push_up": False,
        "parcel": payload.get("parcel"),
        "upload_session_id": payload.get("upload_session_id", item.get("temp_uuid")),
    }
    return browser.call("PUT", f"{UPLOAD}/items/{number}", attempt=request_id, json=body)


def _delete_item(browser: Browser, payload: Payload, _: FetchFile, request_id: str) -> SiteReply:
    return browser.call("POST", f"{API}/items/{int(payload['id'])}/delete", attempt=request_id)


def _get_item(browser: Browser, payload: Payload, _: FetchFile, request_id: str) -> SiteReply:
    return browser.call("GET", f"{UPLOAD}/items/{int(payload['id'])}", attempt=request_id)


def _list_wardrobe(browser: Browser, payload: Payload, _: FetchFile, request_id: str) -> SiteReply:
    query = {
        "page": str(int(payload.get("page", 1))),
        "per_page": str(int(payload.get("per_page", 96))),
        "order": "newest_first",
    }
    return browser.call("GET", f"{API}/wardrobe/{browser.user_id}/items", attempt=request_id, params=query)


def _list_orders(browser: Browser, payload: Payload, _: FetchFile, request_id: str) -> SiteReply:
    query = {
        "type": str(payload.get("type", "sold")),
        "status": str(payload.get("status", "all")),
        "page": str(int(payload.get("page", 1))),
        "per_page": str(int(payload.get("per_page", 20))),
    }
    return _handed_on(browser.call("GET", f"{API}/my_orders", attempt=request_id, params=query), discretion.orders)


def _get_transaction(browser: Browser, payload: Payload, _: FetchFile, request_id: str) -> SiteReply:
    reply = browser.call("GET", f"{API}/transactions/{int(payload['id'])}", attempt=request_id)
    return _handed_on(reply, discretion.transaction)


def _get_conversation(browser: Browser, payload: Payload, _: FetchFile, request_id: str) -> SiteReply:
    reply = browser.call("GET", f"{API}/conversations/{int(payload['id'])}", attempt=request_id)
    return _handed_on(reply, lambda body: discretion.conversation(body, browser.user_id))


def _handed_on(reply: SiteReply, left_of: Callable[[Any], Payload]) -> SiteReply:
    return replace(reply, body=left_of(reply.body)) if reply.is_success else reply


def _send_message(browser: Browser, payload: Payload, _: FetchFile, request_id: str) -> SiteReply:
    said = {"body": payload["text"], "photo_temp_uuids": None, "is_personal_data_sharing_check_skipped": False}
    path = f"{API}/conversations/{int(payload['conversation_id'])}/replies"
    return _handed_on(browser.call("POST", path, attempt=request_id, json={"reply": said}), lambda _: {})


def _get_member(browser: Browser, _payload: Payload, _: FetchFile, request_id: str) -> SiteReply:
    return browser.call("GET", f"{API}/users/current", attempt=request_id)


COMMANDS: Mapping[str, Command] = {
    "vinted.photo.upload": Command(_upload_photo, acts=True),
    "vinted.draft.create": Command(_create_draft, acts=True),
    "vinted.draft.complete": Command(_complete_draft, acts=True),
    "vinted.draft.delete": Command(_delete_draft, acts=True),
    "vinted.item.update": Command(_update_item, acts=True),
    "vinted.item.delete": Command(_delete_item, acts=True),
    "vinted.item.get": Command(_get_item, acts=False),
    "vinted.wardrobe.list": Command(_list_wardrobe, acts=False),
    "vinted.message.send": Command(_send_message, acts=True),
    "vinted.orders.list": Command(_list_orders, acts=False),
    "vinted.transaction.get": Command(_get_transaction, acts=False),
    "vinted.conversation.get": Command(_get_conversation, acts=False),
    "vinted.user.get": Command(_get_member, acts=False),
}
