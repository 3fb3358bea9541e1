"""Settings come from the environment or from files, and say what is wrong."""

from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connector.app.settings import Settings, SettingsInvalid, load
from storage.sealing import KeyRing, MasterKey


@pytest.fixture(autouse=True)
def _no_ambient_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("CONNECTOR_"):
            monkeypatch.delenv(name)


def test_nested_keys_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONNECTOR_PUBLIC_URL", "https://connect.example/qonto/")
    monkeypatch.setenv("CONNECTOR_DATABASE__URL", "postgresql://u:p@db/connector")
    monkeypatch.setenv("CONNECTOR_SERVER__PORT", "9000")
    settings = load()
    assert settings.require_public_url() == "https://connect.example/qonto"
    assert settings.database.url.get_secret_value() == "postgresql://u:p@db/connector"
    assert settings.server.port == 9000


@pytest.mark.covers("VER-20")
def test_a_secret_can_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "sealing"
    file.write_text(MasterKey.generate("2026-11").reveal() + "\n")
    monkeypatch.setenv("CONNECTOR_SEALING__KEYS_FILE", str(file))
    sealed = load().key_ring().seal("secret", associated_data="here")
    assert load().key_ring().open_text(sealed, associated_data="here") == "secret"


def test_the_sealing_keys_can_come_from_a_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A key service's own client prints them; its failure is told without its output."""
    file = tmp_path / "keys"
    file.write_text(MasterKey("vault", b"v" * 32).reveal())
    monkeypatch.setenv("CONNECTOR_SEALING__COMMAND", f"cat {file}")
    sealed = load().key_ring().seal("secret", associated_data="here")
    assert (
        KeyRing([MasterKey("vault", b"v" * 32)]).open_text(sealed, associated_data="here")
        == "secret"
    )
    monkeypatch.setenv("CONNECTOR_SEALING__COMMAND", "sh -c 'echo canary; echo canary >&2; exit 3'")
    with pytest.raises(SettingsInvalid, match="CONNECTOR_SEALING__COMMAND") as caught:
        load().key_ring()
    assert "canary" not in str(caught.value)
    monkeypatch.setenv("CONNECTOR_SEALING__KEYS", "a:b")
    with pytest.raises(SettingsInvalid, match="both set"):
        load().key_ring()


def test_a_missing_file_and_a_key_set_twice_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CONNECTOR_SEALING__KEYS_FILE", str(tmp_path / "nowhere"))
    with pytest.raises(SettingsInvalid, match="can't be read"):
        load()
    (tmp_path / "nowhere").write_text("x")
    monkeypatch.setenv("CONNECTOR_SEALING__KEYS", "x")
    with pytest.raises(SettingsInvalid, match="both set"):
        load()


def test_without_a_sealing_key_it_says_how_to_make_one() -> None:
    with pytest.raises(SettingsInvalid, match="qonto-connector keys new"):
        load().key_ring()


@pytest.mark.parametrize("keys", ["nonsense", "a:!!", "a:c2hvcnQ="])
def test_a_bad_sealing_key_is_refused_without_being_shown(
    monkeypatch: pytest.MonkeyPatch, keys: str
) -> None:
    monkeypatch.setenv("CONNECTOR_SEALING__KEYS", keys)
    with pytest.raises(SettingsInvalid, match="CONNECTOR_SEALING__KEYS") as caught:
        load().key_ring()
    assert "c2hvcnQ" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "is not set"),
        ("http://connect.example", "must start with https"),
        ("https://connect.example/?a=b", "nothing more"),
        ("https://user:pass@connect.example", "nothing more"),
    ],
)
def test_an_unfit_public_address_is_refused(url: str, words: str) -> None:
    with pytest.raises(SettingsInvalid, match=words):
        Settings(public_url=url).require_public_url()


def test_every_wrong_key_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONNECTOR_SERVER__PORT", "many")
    monkeypatch.setenv("CONNECTOR_LOG__LEVEL", "loud")
    with pytest.raises(SettingsInvalid) as caught:
        load()
    assert "CONNECTOR_SERVER__PORT" in str(caught.value)
    assert "CONNECTOR_LOG__LEVEL" in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("CONNECTOR_EGRESS__ALLOWED_NETWORKS", "10.0.0.1/8"),
        ("CONNECTOR_EGRESS__ALLOWED_NETWORKS", "10.0.0.0/8; 11.0.0.0/8"),
        ("CONNECTOR_EGRESS__ALLOWED_NETWORKS", "inside"),
        ("CONNECTOR_DELIVERY__RETRY_SECONDS", "5, 60"),
        ("CONNECTOR_DELIVERY__RETRY_SECONDS", "5 -60"),
        ("CONNECTOR_DELIVERY__RETRY_SECONDS", "nan"),
        ("CONNECTOR_DELIVERY__RETRY_SECONDS", "5 1e300"),
        ("CONNECTOR_DELIVERY__RETRY_SECONDS", " "),
        ("CONNECTOR_EGRESS__DENIED_NETWORKS", "10.0.0.1/8"),
        ("CONNECTOR_EGRESS__DENIED_NETWORKS", "hooks.example"),
        ("CONNECTOR_EGRESS__DENIED_HOSTS", "10.0.0.1"),
        ("CONNECTOR_EGRESS__DENIED_HOSTS", "https://hooks.example"),
        ("CONNECTOR_EGRESS__DENIED_HOSTS", "*"),
    ],
)
def test_networks_and_waits_that_make_no_sense_stop_the_start(
    monkeypatch: pytest.MonkeyPatch, key: str, value: str
) -> None:
    """An empty list of waits would give up every delivery after its first attempt."""
    monkeypatch.setenv(key, value)
    with pytest.raises(SettingsInvalid, match=key):
        load()


def test_networks_and_waits_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONNECTOR_EGRESS__ALLOWED_NETWORKS", "10.0.0.0/8, fd00::/8,")
    monkeypatch.setenv("CONNECTOR_EGRESS__DENIED_NETWORKS", "10.9.0.0/16, 203.0.113.0/24")
    monkeypatch.setenv("CONNECTOR_EGRESS__DENIED_HOSTS", "hooks.example, *.Corp.example.")
    monkeypatch.setenv("CONNECTOR_DELIVERY__RETRY_SECONDS", "0.5 60")
    settings = load()
    permits = settings.egress.policy().permits
    assert permits(ip_address("10.1.2.3")) and permits(ip_address("fd00::1"))
    assert not permits(ip_address("192.168.1.1"))
    assert not permits(ip_address("10.9.1.2"))
    assert settings.egress.policy().denied_hosts == ("hooks.example", "corp.example")
    assert settings.delivery.delays() == (timedelta(seconds=0.5), timedelta(seconds=60))


def test_a_time_zone_is_one_that_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty leaves it to the documents."""
    assert load().zone() is None
    monkeypatch.setenv("CONNECTOR_TIME_ZONE", "Europe/Lisbon")
    assert load().zone() == ZoneInfo("Europe/Lisbon")
    monkeypatch.setenv("CONNECTOR_TIME_ZONE", "Paris")
    with pytest.raises(SettingsInvalid, match="CONNECTOR_TIME_ZONE"):
        load()


def test_secrets_do_not_show_in_a_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONNECTOR_DATABASE__URL", "postgresql://u:canary-1@db/x")
    monkeypatch.setenv("CONNECTOR_SEALING__KEYS", "a:canary-2")
    monkeypatch.setenv("CONNECTOR_SERVER__MONITORING_TOKEN", "canary-3")
    monkeypatch.setenv("CONNECTOR_EGRESS__PROXY", "http://u:canary-4@proxy:3128")
    assert "canary" not in repr(load())
    monkeypatch.setenv("CONNECTOR_EGRESS__PROXY", "socks5://u:canary-4@proxy:3128")
    with pytest.raises(SettingsInvalid, match="CONNECTOR_EGRESS__PROXY") as caught:
        load()
    assert "canary" not in str(caught.value)


def test_a_mistyped_key_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONNECTOR_PUBLICURL", "https://connect.example")
    with pytest.raises(SettingsInvalid, match="CONNECTOR_PUBLICURL"):
        load()


def test_a_rate_of_nought_is_no_limit() -> None:
    """Both at nought switch the budget off."""
    assert [rate.limit for rate in Settings().rate.rates()] == [1000, 10000]
    assert [rate.seconds for rate in Settings(rate={"ten_seconds": 0}).rate.rates()] == [600]
    assert Settings(rate={"ten_seconds": 0, "ten_minutes": 0}).rate.rates() == ()


@pytest.mark.parametrize("service", ["CONNECTOR", "CONNECTOR_API", "CONNECTOR_SERVER"])
def test_what_kubernetes_sets_for_a_service_of_that_name_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, service: str
) -> None:
    for name, value in {
        "SERVICE_HOST": "10.0.171.239",
        "SERVICE_PORT": "8080",
        "SERVICE_PORT_HTTP": "8080",
        "PORT": "tcp://10.0.171.239:8080",
        "PORT_8080_TCP": "tcp://10.0.171.239:8080",
        "PORT_8080_TCP_PROTO": "tcp",
        "PORT_8080_TCP_PORT": "8080",
        "PORT_8080_TCP_ADDR": "10.0.171.239",
    }.items():
        monkeypatch.setenv(f"{service}_{name}", value)
    monkeypatch.setenv("CONNECTOR_SERVER__PORT", "9000")
    assert load().server.port == 9000


@pytest.mark.parametrize(
    ("name", "value"),
    [("CONNECTOR_PORT", "8080"), ("CONNECTOR_SERVER_PORT", "8080"), ("CONNECTOR_HOST", "tcp://x")],
)
def test_what_kubernetes_would_not_set_is_a_mistake(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsInvalid, match=f"no setting called {name}"):
        load()


KEY = MasterKey("vault", b"v" * 32).reveal()


@pytest.mark.parametrize(
    "written",
    [
        KEY.encode(),
        KEY.encode() + b"\n",
        KEY.encode() + b"\r\n\r\n",
        b"\xef\xbb\xbf" + KEY.encode() + b"\r\n",
        (KEY + "\r\n").encode("utf-16"),
        b"\xfe\xff" + KEY.encode("utf-16-be"),
    ],
)
def test_a_file_is_read_however_its_editor_wrote_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, written: bytes
) -> None:
    file = tmp_path / "keys"
    file.write_bytes(written)
    monkeypatch.setenv("CONNECTOR_SEALING__KEYS_FILE", str(file))
    assert load().sealing.keys.get_secret_value() == KEY


@pytest.mark.parametrize("written", [KEY.encode("utf-16-le"), b"\xff\xfe\x00", b"k\xe9y", b"\0"])
def test_a_file_that_is_no_text_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, written: bytes
) -> None:
    file = tmp_path / "keys"
    file.write_bytes(written)
    monkeypatch.setenv("CONNECTOR_SEALING__KEYS_FILE", str(file))
    with pytest.raises(SettingsInvalid, match=r"CONNECTOR_SEALING__KEYS_FILE: .*UTF-8") as caught:
        load()
    assert KEY not in caught.value.message


def test_ends_of_lines_from_windows_are_no_part_of_a_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CONNECTOR_SERVER__PORT", "9000\r")
    monkeypatch.setenv("CONNECTOR_DATABASE__URL", "postgresql://u:p@db/connector\r\n")
    assert load().server.port == 9000
    assert load().database.url.get_secret_value() == "postgresql://u:p@db/connector"


def test_a_proxy_that_could_never_match_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONNECTOR_SERVER__TRUSTED_PROXIES", "caddy")
    with pytest.raises(SettingsInvalid, match=r"CONNECTOR_SERVER__TRUSTED_PROXIES: .*'caddy'"):
        load()
