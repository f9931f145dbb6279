"""A short form of `make fuzz`: whatever is sent, the api answers in its own words and goes on."""

import asyncio
import random
from typing import Any

import httpx

from campaigns.noise import Noise
from stoflow.domain.ids import TenantId
from stoflow.settings import Settings
from stoflow.wiring.tokens import access_tokens

REQUESTS, FRAMES = 600, 200
LARGEST_SEED = 2**32


def test_nothing_that_is_sent_is_answered_5xx_or_holds_up_a_neighbour(
    real_url: str, settings: Settings, tenants: Any
) -> None:
    seed = random.randrange(LARGEST_SEED)
    tenant: TenantId = tenants()
    token = access_tokens(settings).issue_access_token(tenant)
    heard = asyncio.run(Noise(httpx.URL(real_url).port or 0, token, seed).make(REQUESTS, FRAMES))
    assert heard.faults == [], f"seed {seed}"
    assert heard.answers["200"] + heard.answers["404"] > 0
