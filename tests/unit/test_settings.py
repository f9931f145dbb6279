"""Settings come from the environment, are checked, and never change."""

from base64 import urlsafe_b64encode
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import ValidationError

from stoflow import variables
from stoflow.settings import Settings, SettingsError, load, unset_of, variable_of

KEY = urlsafe_b64encode(bytes(32)).decode()  # the same each time: two processes must collect the same tests


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for field in Settings.model_fields:
        monkeypatch.delenv(variable_of(field), raising=False)


def test_without_any_variable_the_embedded_servers_and_the_real_pace_are_meant() -> None:
    settings = load()
    assert (settings.database_url, settings.redis_url, settings.speed) == (None, None, 1.0)
    assert settings.home == Path.cwd() / ".stoflow"


def test_the_environment_is_stronger_than_the_file_and_an_argument_than_both(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("STOFLOW_PORT=1001\nSTOFLOW_HOST=0.0.0.0\nSTOFLOW_WINDOW=9\nOTHER=1\n", encoding="utf-8")
    monkeypatch.setenv("STOFLOW_PORT", "1002")
    monkeypatch.setenv("STOFLOW_WINDOW", "10")
    settings = load(window=11, page_size=None)
    assert (settings.host, settings.port, settings.window, settings.page_size) == ("0.0.0.0", 1002, 11, 100)


def test_a_given_name_that_is_no_setting_is_told() -> None:
    with pytest.raises(SettingsError, match="STOFLOW_ORDERSEVERY is no setting: did you mean STOFLOW_ORDERS_EVERY_S"):
        load(ordersevery=3.0)


def test_lists_and_mappings_are_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    monkeypatch.setenv("STOFLOW_SECRET_KEYS", f"{new}, {old}")
    monkeypatch.setenv("STOFLOW_CONCURRENCY", "vinted=1, ebay=8")
    monkeypatch.setenv("STOFLOW_QUIET_S", "etsy=0.5")
    settings = load()
    assert settings.secret_keys == (new, old)
    assert settings.concurrency == {"vinted": 1, "ebay": 8}
    assert settings.quiet_s == {"etsy": 0.5}


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOFLOW_PORT", "")
    assert load().port == 8000


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("STOFLOW_PORT", "http"),
        ("STOFLOW_PORT", "65536"),
        ("STOFLOW_DATABASE_URL", "mysql://user:hunter2@host/db"),
        ("STOFLOW_REDIS_URL", "host:6379"),
        ("STOFLOW_EBAY_BASE_URL", "ftp://host"),
        ("STOFLOW_EBAY_CONSENT_BASE_URL", "auth.ebay.com"),
        ("STOFLOW_ETSY_REDIRECT_URI", "platform.example/back"),
        ("STOFLOW_ETSY_REDIRECT_URI", "https://"),
        ("STOFLOW_ETSY_REDIRECT_URI", "https://platform.example/back#here"),
        ("STOFLOW_SECRET_KEYS", "hunter2"),
        ("STOFLOW_SPEED", "0"),
        ("STOFLOW_CONCURRENCY", "vinted"),
        ("STOFLOW_CONCURRENCY", "vinted=0"),
        ("STOFLOW_QUIET_S", "vinted=-1"),
        ("STOFLOW_LOG_LEVEL", "LOUD"),
        ("STOFLOW_HEARTBEAT_S", "20"),
        ("STOFLOW_REDIS_URL", "redis://:hunter2@host:port/0"),
        ("STOFLOW_REDIS_URL", "redis:///0"),
        ("STOFLOW_EBAY_BASE_URL", "https://"),
        ("STOFLOW_EBAY_BASE_URL", "http://api.ebay.com"),
        ("STOFLOW_EBAY_BASE_URL", "http://API.sandbox.eBay.com.:80/"),
        ("STOFLOW_EBAY_CONSENT_BASE_URL", "http://auth.ebay.com"),
        ("STOFLOW_ETSY_BASE_URL", "http://etsy.com"),
        ("STOFLOW_ETSY_CONSENT_BASE_URL", "http://user@www.etsy.com"),
        ("STOFLOW_EBAY_BASE_URL", "http://api.ebay.com.proxy.net"),
        ("STOFLOW_EBAY_BASE_URL", "HTTP://api.ebay.de/"),
        ("STOFLOW_ETSY_BASE_URL", "http://openapi\uff0eetsy\uff0ecom"),
        ("STOFLOW_ETSY_BASE_URL", "http://23.62.160.1"),
        ("STOFLOW_ETSY_BASE_URL", "http://389980161"),
        ("STOFLOW_ETSY_BASE_URL", "http://0x17.0x3e.0xa0.0x01"),
        ("STOFLOW_ETSY_BASE_URL", "http://[2a02:26f0::1]"),
        ("STOFLOW_ETSY_BASE_URL", "http://[::ffff:23.62.160.1]:80"),
        ("STOFLOW_CORS_ORIGINS", "shop.example"),
        ("STOFLOW_CORS_ORIGINS", "https://shop.example,https://shop.example/path"),
        ("STOFLOW_CORS_ORIGINS", "https://shop.example/"),
        ("STOFLOW_SECRET_KEYS", f"{KEY},{KEY}"),
        ("STOFLOW_HOME", __file__),
        ("STOFLOW_HOME", f"{__file__}/home"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_its_variable_and_shows_no_secret(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as raised:
        load()
    message = str(raised.value)
    assert message.startswith(variable)
    assert "\n" not in message
    assert "hunter2" not in message
    assert raised.value.__cause__ is None


def test_settings_are_frozen_and_their_secrets_stay_out_of_their_repr() -> None:
    settings = load(ebay_client_secret="hunter2", database_url="postgresql://user:hunter2@host/db")
    assert "hunter2" not in repr(settings)
    with pytest.raises(ValidationError):
        settings.port = 1  # pyright: ignore[reportAttributeAccessIssue]


def test_an_address_registered_at_a_marketplace_is_kept_letter_by_letter() -> None:
    settings = load(etsy_redirect_uri="https://platform.example/back/", ebay_redirect_uri="Our-RuName")
    assert (settings.etsy_redirect_uri, settings.ebay_redirect_uri) == ("https://platform.example/back/", "Our-RuName")
    assert (load().etsy_redirect_uri, load().ebay_consent_base_url) == ("", None)


def test_what_is_not_set_is_told_by_variable() -> None:
    settings = load(ebay_client_id="app")
    assert unset_of(settings, "ebay_client_id", "ebay_redirect_uri") == ("STOFLOW_EBAY_REDIRECT_URI",)


def test_a_marketplace_in_the_clear_is_told_with_what_to_write_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOFLOW_EBAY_BASE_URL", "http://api.ebay.com")
    with pytest.raises(SettingsError, match="STOFLOW_EBAY_BASE_URL is wrong: it should begin with https: "):
        load()


def test_a_base_url_loses_its_last_slash_so_that_paths_can_follow() -> None:
    assert load(etsy_base_url="http://localhost:9/").etsy_base_url == "http://localhost:9"


def test_networks_are_read_as_they_stand_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOFLOW_PHOTO_NETWORKS", "10.0.0.0/8, ::1/128")
    assert [str(network) for network in load().photo_networks] == ["10.0.0.0/8", "::1/128"]
    monkeypatch.setenv("STOFLOW_PHOTO_NETWORKS", "10.0.0.1/8")
    with pytest.raises(SettingsError, match="STOFLOW_PHOTO_NETWORKS"):
        load()


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:8090/ebay",
        "http://[::1]:8090",
        "http://localhost:8090",
        "http://sandbox:8090",
        "http://10.0.3.7:8090",
        "http://ebay.sandbox.svc.cluster.local",
        "http://marketplaces.internal",
        "http://ebay.test",
        "https://api.ebay.com",
        "https://gateway.example/ebay",
    ],
)
def test_a_sandbox_may_be_spoken_to_in_the_clear(address: str) -> None:
    assert load(ebay_base_url=address).ebay_base_url == address


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("STOFLOW_DATABSE_URL", "did you mean STOFLOW_DATABASE_URL?"),
        ("STOFLOW_EBAY_CLIENTID", "did you mean STOFLOW_EBAY_CLIENT_ID?"),
        ("STOFLOW_DB_URL", "did you mean"),
        ("stoflow_databse_url", "did you mean STOFLOW_DATABASE_URL?"),
        ("STOFLWO_DATABASE_URL", "did you mean STOFLOW_DATABASE_URL?"),
        ("STOWFLOW_HOME", "did you mean STOFLOW_HOME?"),
        ("STOFLOWPORT", "did you mean STOFLOW_PORT?"),
        ("STOFLOW_QUIETNESS_OF_WALRUSES", "`stoflow config` lists those there are."),
    ],
)
@pytest.mark.parametrize("where", ["environment", ".env"])
def test_a_misspelt_variable_is_told_with_the_nearest_one(
    name: str, meant: str, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if where == ".env":
        Path(".env").write_text(f"export {name}=1\n", encoding="utf-8")
    else:
        monkeypatch.setenv(name, "1")
    with pytest.raises(SettingsError) as refused:
        load()
    assert str(refused.value).startswith(f"{name.upper()} is no setting: {meant}")


@pytest.mark.parametrize(
    "names",
    [
        ["STOFLOW_CI_POSTGRES_BIN", "STOFLOW_REQUIRE_REAL_SERVERS", "STOFLOW_SHARED", "STOFLOW_FAILPOINT_LOG"],
        ["STOFLOW_VERSION", "STOFLOW_PUBLISHED_PORT"],
        ["STOFLOW_API_SERVICE_HOST", "STOFLOW_API_SERVICE_PORT_HTTP", "STOFLOW_API_PORT_8000_TCP_ADDR"],
        ["stoflow_port", "AIRFLOW_HOME", "WORKFLOW_HOST", "STORE_HOME"],
    ],
    ids=["tests", "compose", "kubernetes", "others"],
)
def test_a_variable_of_somebody_elses_is_none_of_our_business(
    names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in names:
        monkeypatch.setenv(name, "1")
    load()


def test_an_installed_marketplace_has_variables_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOFLOW_FLEA_MARKET_BASE_URL", "https://flea.example")
    with pytest.raises(SettingsError, match="STOFLOW_FLEA_MARKET_BASE_URL is no setting"):
        load()
    entry = EntryPoint("flea-market", "flea:MARKET", variables.MARKETPLACES_GROUP)
    monkeypatch.setattr(variables, "entry_points", lambda group: EntryPoints([entry]).select(group=group))
    load()


def test_a_misspelt_variable_without_a_value_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOFLOW_DATABSE_URL", "")
    load()


def test_a_file_of_settings_that_cannot_be_read_is_one_line() -> None:
    Path(".env").write_bytes(b"STOFLOW_EBAY_CLIENT_ID=caf\xe9\n")
    with pytest.raises(SettingsError, match=r"^\.env cannot be read: it is not written in UTF-8\.$"):
        load()
