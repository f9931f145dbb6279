"""The official files of a marketplace, and the judge of all that is said between StoFlow and its sandbox."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from stoflow.domain.call import Call, Reply, Request, Response
from stoflow.marketplaces.ebay.errors import error_table
from stoflow.testing.acting import Judge
from tests.harness.openapi import Document, read_document
from tests.harness.plugin_judge import PROTOCOL, PluginJudge

SPECS = Path(os.environ.get("STOFLOW_SHARED") or Path(__file__).parents[3] / "shared") / "specs"
FILES: dict[str, tuple[tuple[str, str], ...]] = {
    "ebay": (
        ("ebay/sell_inventory_v1_oas3.json", "/sell/inventory/v1"),
        ("ebay/sell_account_v1_oas3.json", "/sell/account/v1"),
        ("ebay/sell_fulfillment_v1_oas3.json", "/sell/fulfillment/v1"),
        ("ebay/sell_metadata_v1_oas3.json", "/sell/metadata/v1"),
        ("ebay/commerce_taxonomy_v1_oas3.json", "/commerce/taxonomy/v1"),
        ("ebay/commerce_media_v1_beta_oas3.json", "/commerce/media/v1_beta"),
        ("ebay/commerce_message_v1_oas3.json", "/commerce/message/v1"),
        ("ebay/commerce_identity_v1_oas3.json", "/commerce/identity/v1"),
        ("ebay/developer_analytics_v1_beta_oas3.json", "/developer/analytics/v1_beta"),
    ),
    "etsy": (("etsy/openapi_v3_2026-07.json", ""),),
}


@cache
def read_official(name: str, prefix: str) -> Document:
    return read_document(SPECS / name, prefix)


def documents(marketplace: str) -> list[Document]:
    """Return a marketplace's files; a test that asks for files that are not there is skipped."""
    if marketplace not in FILES:
        pytest.skip(f"{marketplace} publishes no OpenAPI file.")
    if not SPECS.is_dir():
        pytest.skip("The contracts lie in the folder STOFLOW_SHARED names, which is not here.")
    return [read_official(name, prefix) for name, prefix in FILES[marketplace]]


def document_of(found: Sequence[Document], request: Request) -> Document | None:
    """Return the file that a request falls under."""
    return next((document for document in found if request.path.startswith(document.prefix)), None)


def faults(found: Sequence[Document], request: Request) -> list[str]:
    """Return what the files say against a request."""
    document = document_of(found, request)
    return list(document.errors(request)) if document else [f"No file knows {request.path}."]


def reply_faults(found: Sequence[Document], request: Request, reply: Reply) -> list[str]:
    """Return what the files say against an answer."""
    document = document_of(found, request)
    return list(document.reply_errors(request, reply)) if document else []


def undecided_errors(found: Sequence[Document], request: Request) -> list[int]:
    """Return the error ids listed for a call that no table decides on; only eBay lists ids."""
    document = document_of(found, request)
    operation = document.operation(request.method, request.path) if document else None
    return sorted(set[int]().union(*operation.error_ids.values()) - set(error_table())) if operation else []


@dataclass
class OfficialJudge(Judge):
    """Fails a test at the request, or at the answer, that breaks a rule; where there are no files it minds nothing."""

    documents: Sequence[Document] = ()

    def hear_call(self, call: Call) -> None:
        if self.documents and isinstance(call, Request):
            self.requests += 1
            wrong = faults(self.documents, call)
            assert not wrong, f"{call.method} {call.path}: {wrong}"
            undecided = undecided_errors(self.documents, call)
            assert not undecided, f"{call.method} {call.path} may answer errors of no row: {undecided}"

    def hear_response(self, call: Call, response: Response) -> None:
        if self.documents and isinstance(call, Request) and isinstance(response, Reply):
            self.replies += 1
            wrong = reply_faults(self.documents, call, response)
            assert not wrong, f"{call.method} {call.path} was answered {response.status}: {wrong}"


def judge_of(marketplace: str) -> Judge:
    """Return the judge of what is said to a marketplace and by its sandbox, or by its plugin."""
    if marketplace in PROTOCOL["errors"]:
        return PluginJudge(marketplace=marketplace)
    files = FILES.get(marketplace, ()) if SPECS.is_dir() else ()
    return OfficialJudge(documents=[read_official(name, prefix) for name, prefix in files])
