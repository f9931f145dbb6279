"""Calls of the application itself, which concern no seller: by its key, or by a token (RFC 6749, section 4.4)."""

from base64 import b64encode
from collections.abc import Callable, Mapping

from stoflow.domain.call import Reply, Request
from stoflow.domain.errors import APIConnectionError, ConfigurationError
from stoflow.transports.direct.client import DirectClient
from stoflow.transports.direct.oauth import RefreshFlow
from stoflow.transports.direct.profile import DirectProfile

DEADLINE_S = 20.0
OK = 200


def as_application(client: DirectClient, profile: DirectProfile, scope: str) -> Callable[[Request], Reply]:
    """Return what makes a marketplace's calls with the application's key, or else with one token, asked for now.

    Raise ConfigurationError where StoFlow has no application there, APIError where no token came.
    """
    headers = _key(profile) if profile.key is not None else profile.headers(_token(client, profile, scope))

    def call(request: Request) -> Reply:
        base_url = profile.base_url_of(request.path)
        return client.exchange(base_url, request, headers=headers, deadline_s=DEADLINE_S)

    return call


def _key(profile: DirectProfile) -> Mapping[str, str]:
    if not profile.key:
        raise _no_application(profile)
    return profile.key


def _token(client: DirectClient, profile: DirectProfile, scope: str) -> str:
    flow = profile.grant
    if not isinstance(flow, RefreshFlow) or not flow.client_id or not flow.client_secret:
        raise _no_application(profile)
    credentials = b64encode(f"{flow.client_id}:{flow.client_secret}".encode()).decode()
    request = Request("POST", flow.path, form={"grant_type": "client_credentials", "scope": scope})
    headers = {**flow.headers, "authorization": f"Basic {credentials}"}
    reply = client.exchange(flow.base_url, request, headers=headers, deadline_s=DEADLINE_S)
    access = reply.body.get("access_token") if isinstance(reply.body, dict) else None
    if reply.status != OK or not isinstance(access, str):
        message = f"{profile.name} gave StoFlow's application no token (HTTP {reply.status})."
        raise APIConnectionError(message, sent=False)
    return access


def _no_application(profile: DirectProfile) -> ConfigurationError:
    return ConfigurationError(f"StoFlow has no application at {profile.name}: set its client id and secret.")
