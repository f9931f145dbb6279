"""An orchestrator whose parts break goes on with all that it had."""

from collections.abc import Sequence
from queue import SimpleQueue

import pytest

import stoflow
from stoflow.domain.ids import TenantId
from stoflow.domain.run import RunMessage
from stoflow.marketplaces import MarketplaceJobService
from stoflow.settings import Settings
from stoflow.transports.messages.sending import Messages
from stoflow.wiring.installation import serving
from stoflow.wiring.orchestrator import make_orchestrator

WAIT_S = 10


def test_a_tenant_is_taken_again_after_the_dispatcher_died(
    settings: Settings, tenant: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = SimpleQueue[RunMessage]()
    broken: list[RunMessage] = []

    def send(_self: Messages, _marketplace: str, messages: Sequence[RunMessage]) -> None:
        if not broken:
            broken.extend(messages)
            raise LookupError("nobody foresaw this")
        for message in messages:
            sent.put(message)

    monkeypatch.setattr(Messages, "send", send)
    with stoflow.open(settings, tenant=tenant) as db:
        job = MarketplaceJobService(db).create_job(marketplace="ebay", action_code="sync").id
    with serving(settings, pool_size=4) as installation:
        decides, hints = make_orchestrator(installation)
        hints.start()
        decides.start()
        try:
            assert sent.get(timeout=WAIT_S).job == job
        finally:
            decides.stop()
            hints.stop()
