"""Where the door may be open without a key: where nobody but this machine comes."""

from typing import Any

import pytest
from starlette.datastructures import Headers

from connector.app.one_company import require_safe
from connector.app.settings import BackOfficeGroup, ServerGroup, Settings, SettingsInvalid
from connector.faces.backoffice.local import why_not_local


def test_it_was_not_chosen_unless_somebody_did() -> None:
    assert not Settings().back_office.open_on_loopback


def test_two_names_are_none() -> None:
    twice = Headers(raw=[(b"host", b"localhost"), (b"host", b"evil.example")])
    assert why_not_local("127.0.0.1", twice) is not None
    assert why_not_local("127.0.0.1", Headers(raw=[])) is not None


def safe(**changes: Any) -> Settings:
    """Settings with which the door may be open on loopback, but for the changes."""
    return Settings(
        **{
            "environment": "development",
            "public_url": "http://localhost:8080",
            "back_office": BackOfficeGroup(open_on_loopback=True),
            **changes,
        }
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
@pytest.mark.parametrize("url", ["http://localhost:8080", "http://127.0.0.1", "http://[::1]:8080"])
def test_the_door_may_be_open_where_only_this_machine_comes(host: str, url: str) -> None:
    require_safe(safe(public_url=url, server=ServerGroup(host=host)))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"server": ServerGroup(host="0.0.0.0")}, "CONNECTOR_SERVER__HOST"),  # noqa: S104
        ({"server": ServerGroup(host="::")}, "CONNECTOR_SERVER__HOST"),
        ({"server": ServerGroup(host="192.168.1.10")}, "CONNECTOR_SERVER__HOST"),
        ({"server": ServerGroup(host="box.example")}, "CONNECTOR_SERVER__HOST"),
        ({"server": ServerGroup(trusted_proxies="127.0.0.1")}, "TRUSTED_PROXIES"),
        ({"public_url": "https://connect.example"}, "CONNECTOR_PUBLIC_URL"),
        ({"public_url": ""}, "CONNECTOR_PUBLIC_URL"),
    ],
)
def test_a_door_open_to_others_stops_the_start(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingsInvalid, match=named) as refused:
        require_safe(safe(**changes))
    assert "CONNECTOR_BACK_OFFICE__OPEN_ON_LOOPBACK" in refused.value.message
    require_safe(safe(**changes, back_office=BackOfficeGroup()))
