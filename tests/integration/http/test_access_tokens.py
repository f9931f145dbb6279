"""What opens the door: one kind of token, signed by us, for fifteen minutes; and everything that does not."""

import base64
import hmac
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from stoflow.domain.errors import ConfigurationError
from stoflow.domain.ids import TenantId
from stoflow.http.auth.auth import TenantStatus
from stoflow.http.auth.key_folder import key_folder
from stoflow.http.auth.keys import SigningKey, SigningKeys, new_key
from stoflow.http.auth.tokens import AccessTokens, NotAuthenticated

TENANT = TenantId(7)
Forge = Callable[..., str]


def encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


@pytest.fixture
def tokens(keys: SigningKeys) -> AccessTokens:
    return AccessTokens(keys)


@pytest.fixture
def forge(keys: SigningKeys) -> Forge:
    """Sign anything with the right key: only what the token says can be wrong."""

    def sign(
        claims: dict[str, Any] | str | None = None, *, header: dict[str, Any] | str | None = None, **changes: Any
    ) -> str:
        now = int(time.time())
        usual = {
            "iss": "stoflow",
            "aud": "stoflow-api",
            "sub": "7",
            "iat": now,
            "exp": now + 900,
            "jti": "a1",
        }
        payload = claims if isinstance(claims, str) else json.dumps({**usual, **(claims or {}), **changes})
        about = {"alg": "RS256", "typ": "at+jwt", "kid": keys.newest.kid}
        head = header if isinstance(header, str) else json.dumps({**about, **(header or {})})
        signed = f"{encoded(head.encode())}.{encoded(payload.encode())}"
        signature = keys.newest.private.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{signed}.{encoded(signature)}"

    return sign


def test_our_own_token_is_read(tokens: AccessTokens) -> None:
    access = tokens.read(tokens.issue_access_token(TENANT))
    assert access.tenant == TENANT
    assert 0 < access.expires_at - time.time() <= 900


def test_the_forger_of_these_tests_can_write_a_good_token(tokens: AccessTokens, forge: Forge) -> None:
    assert tokens.read(forge()).tenant == TENANT


# Seconds from the moment of the test, not of its collection: a slow run would make the future past.
TIMES: Mapping[str, Callable[[int], Mapping[str, object]]] = {
    "a fraction": lambda now: {"exp": now + 900.5},
    "ended": lambda now: {"exp": now - 10},
    "a text": lambda now: {"iat": str(now)},
    "issued in the future": lambda now: {"iat": now + 600, "exp": now + 1000},
    "living too long": lambda now: {"iat": now - 901, "exp": now + 100},
    "ending much too late": lambda now: {"exp": now + 100_000},
    "ended before it began": lambda now: {"iat": now + 10, "exp": now},
}


@pytest.mark.parametrize("claims", TIMES.values(), ids=TIMES)
def test_a_time_that_is_not_exactly_right_opens_nothing(
    tokens: AccessTokens, forge: Forge, claims: Callable[[int], Mapping[str, object]]
) -> None:
    with pytest.raises(NotAuthenticated):
        tokens.read(forge(dict(claims(int(time.time())))))


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": "9999999999"},
        {"exp": 1e300},
        {"exp": True},
        {"exp": None},
        {"sub": 7},
        {"sub": "07"},
        {"sub": "-7"},
        {"sub": "7 "},
        {"sub": "٧"},
        {"sub": "0"},
        {"sub": "2147483648"},
        {"sub": ""},
        {"aud": "other"},
        {"aud": ["stoflow-api"]},
        {"iss": "other"},
        {"iss": ["stoflow"]},
        {"jti": 5},
        {"jti": ""},
        {"sid": 5},
        {"sid": None},
        {"sid": "of nobody"},
    ],
    ids=str,
)
def test_a_claim_that_is_not_exactly_right_opens_nothing(tokens: AccessTokens, forge: Forge, claims: Any) -> None:
    with pytest.raises(NotAuthenticated):
        tokens.read(forge(claims))


@pytest.mark.parametrize("claim", ["exp", "iat", "sub", "jti", "aud", "iss"])
def test_a_missing_claim_opens_nothing(tokens: AccessTokens, forge: Forge, claim: str) -> None:
    usual = jwt.decode(forge(), options={"verify_signature": False})
    del usual[claim]
    with pytest.raises(NotAuthenticated):
        tokens.read(forge(json.dumps(usual)))


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "JWT"},
        {"typ": None},
        {"typ": "rt+jwt"},
        {"kid": "unknown"},
        {"kid": None},
        {"kid": ["a"]},
        {"kid": "../../etc/passwd"},
        {"alg": "RS512"},
        {"alg": "none"},
        {"alg": "HS256"},
        {"crit": ["exp"]},
        {"b64": False, "crit": ["b64"]},
    ],
    ids=str,
)
def test_a_header_that_is_not_exactly_right_opens_nothing(tokens: AccessTokens, forge: Forge, header: Any) -> None:
    with pytest.raises(NotAuthenticated):
        tokens.read(forge(header=header))


@pytest.mark.parametrize("begins_in_s", [60, 899, 1e300, True, "0", None])
def test_a_token_that_is_not_valid_before_a_later_time_opens_nothing(
    tokens: AccessTokens, forge: Forge, begins_in_s: Any
) -> None:
    nbf = int(time.time()) + begins_in_s if type(begins_in_s) is int else begins_in_s
    with pytest.raises(NotAuthenticated):
        tokens.read(forge({"nbf": nbf}))
    assert tokens.read(forge({"nbf": int(time.time())})).tenant == TENANT


def test_a_token_written_in_another_way_opens_nothing(tokens: AccessTokens) -> None:
    token = tokens.issue_access_token(TENANT)
    header, claims, signature = token.split(".")
    for twin in (f"{token}=", f"{token}==", f"{header}=.{claims}.{signature}", f"{header}.{claims}==.{signature}"):
        with pytest.raises(NotAuthenticated):
            tokens.read(twin)


def test_two_authorization_headers_open_nothing(api: Any) -> None:
    headers = [("Authorization", f"Bearer {api.token(api.alice)}")] * 2
    assert api.ask_unknown("GET", "/api/jobs", headers=headers).status_code == 401


def test_a_member_named_twice_opens_nothing(tokens: AccessTokens, forge: Forge, keys: SigningKeys) -> None:
    good = json.dumps(jwt.decode(forge(), options={"verify_signature": False}))
    twice = good.replace('"sub": "7"', '"sub": "8", "sub": "7"')
    assert twice != good
    with pytest.raises(NotAuthenticated):
        tokens.read(forge(twice))
    header = f'{{"alg":"RS256","typ":"JWT","typ":"at+jwt","kid":"{keys.newest.kid}"}}'
    with pytest.raises(NotAuthenticated):
        tokens.read(forge(header=header))


@pytest.mark.parametrize(
    "text", ["", ".", "..", "a.b.c", "a.b", "a.b.c.d", "=.=.=", "é.é.é", "x" * 5000, "bnVsbA.bnVsbA.x"]
)
def test_noise_opens_nothing(tokens: AccessTokens, text: str) -> None:
    with pytest.raises(NotAuthenticated):
        tokens.read(text)


def test_no_token_is_signed_with_the_public_key_as_a_secret(tokens: AccessTokens, keys: SigningKeys) -> None:
    header = json.dumps({"alg": "HS256", "typ": "at+jwt", "kid": keys.newest.kid})
    signed = f"{encoded(header.encode())}.{tokens.issue_access_token(TENANT).split('.')[1]}"
    for form in (serialization.Encoding.DER, serialization.Encoding.PEM):
        secret = keys.newest.private.public_key().public_bytes(form, serialization.PublicFormat.SubjectPublicKeyInfo)
        signature = hmac.digest(secret, signed.encode(), "sha256")
        with pytest.raises(NotAuthenticated):
            tokens.read(f"{signed}.{encoded(signature)}")


def test_another_key_of_the_same_name_opens_nothing(tokens: AccessTokens, keys: SigningKeys) -> None:
    impostor = SigningKeys([SigningKey(keys.newest.kid, new_key().private)])
    with pytest.raises(NotAuthenticated):
        tokens.read(AccessTokens(impostor).issue_access_token(TENANT))


def test_a_changed_claim_breaks_the_signature(tokens: AccessTokens) -> None:
    header, claims, signature = tokens.issue_access_token(TENANT).split(".")
    changed = base64.urlsafe_b64decode(claims + "==").replace(b'"7"', b'"8"')
    with pytest.raises(NotAuthenticated):
        tokens.read(".".join([header, encoded(changed), signature]))


def test_a_token_ends_after_fifteen_minutes(keys: SigningKeys) -> None:
    now = [1_800_000_000.0]
    tokens = AccessTokens(keys, clock=lambda: now[0])
    token = tokens.issue_access_token(TENANT)
    now[0] += 899
    assert tokens.read(token).tenant == TENANT
    now[0] += 1
    with pytest.raises(NotAuthenticated, match="ended"):
        tokens.read(token)


def test_the_newest_key_signs_and_all_verify(keys: SigningKeys) -> None:
    newer = new_key()
    rotated = AccessTokens(SigningKeys([newer, keys.newest]))
    assert rotated.read(AccessTokens(keys).issue_access_token(TENANT)).tenant == TENANT
    assert jwt.get_unverified_header(rotated.issue_access_token(TENANT))["kid"] == newer.kid


def test_a_short_key_stops_the_start() -> None:
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - what must be refused
    with pytest.raises(ConfigurationError, match="2048"):
        SigningKeys([SigningKey("short", short)])


def test_keys_are_made_once_and_kept_from_others(tmp_path: Path) -> None:
    first = key_folder(None, home=tmp_path)
    assert key_folder(None, home=tmp_path).newest.kid == first.newest.kid
    files = list((tmp_path / "jwt").iterdir())
    assert [file.stat().st_mode & 0o777 for file in files] == [0o600]


def test_configured_keys_are_read_newest_first_and_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="STOFLOW_JWT_KEYS_DIR"):
        key_folder(tmp_path, home=tmp_path)
    (tmp_path / "bad.pem").write_text("not a key")
    with pytest.raises(ConfigurationError, match=r"bad\.pem"):
        key_folder(tmp_path, home=tmp_path)
    assert not (tmp_path / "jwt").exists()


@pytest.mark.parametrize("value", ["", "Bearer", "Basic abc", "Bearer x y", "bearer\tx"])
def test_a_header_that_is_no_bearer_token_opens_nothing(api: Any, value: str) -> None:
    answer = api.ask_unknown("GET", "/api/jobs", headers={"Authorization": value})
    assert answer.status_code == 401


def test_a_suspension_is_felt_within_a_second_of_it(api: Any) -> None:
    from_then = time.monotonic()
    assert api.ask("GET", "/api/jobs").status_code == 200
    api.use_cases.status_of_tenant[api.alice] = TenantStatus.SUSPENDED
    while api.ask("GET", "/api/jobs").status_code == 200:
        assert time.monotonic() - from_then < 10
    assert api.ask("GET", "/api/jobs").status_code == 403
