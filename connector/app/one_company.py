"""An installation for one company alone: its account comes from the environment.

Three variables, the same in every environment, instead of vendors and links. With none of them set
the service is for many. Each can come from a file, as settings can: QONTO_API_KEY_FILE names one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from connector.app.settings import Settings, SettingsInvalid
from connector.app.text_files import read_text
from connector.loopback import is_loopback, is_own_name

MODE, ORGANIZATION, KEY = "QONTO_AUTH_MODE", "QONTO_ORGANIZATION_ID", "QONTO_API_KEY"
VARIABLES = (MODE, ORGANIZATION, KEY)
_OPEN = "CONNECTOR_BACK_OFFICE__OPEN_ON_LOOPBACK"

_SLUG = re.compile(r"[\x21-\x39\x3b-\x7e]{1,200}")
_KEY = re.compile(r"[\x21-\x7e]{1,1000}")


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """The one company's credentials."""

    organization_id: str
    """Its slug at Qonto, such as acme-1234."""
    api_key: str = field(repr=False)


def read(environment: Mapping[str, str]) -> OwnAccount | None:
    """Read the variables, and the files they name; None means that the service is for many.

    Raises SettingsInvalid, naming variables and never their values, when they're half set or
    contradict each other.
    """
    given = {name: value for name in VARIABLES if (value := _value(environment, name))}
    mode = given.get(MODE)
    others = [name for name in (ORGANIZATION, KEY) if name in given]
    match mode:
        case None if others:
            raise SettingsInvalid(
                f"{' and '.join(others)} {'are' if len(others) > 1 else 'is'} set, but {MODE} is "
                "not: set it to api_key to link that organisation, or to oauth and take the others "
                "away."
            )
        case None:
            return None
        case "oauth" if others:
            raise SettingsInvalid(
                f"{MODE} is oauth, which contradicts {' and '.join(others)}: take them away, or "
                f"set {MODE} to api_key."
            )
        case "oauth":
            return None
        case "api_key":
            missing = [name for name in (ORGANIZATION, KEY) if name not in given]
            if missing:
                raise SettingsInvalid(
                    f"{MODE} is api_key, but {' and '.join(missing)} "
                    f"{'are' if len(missing) > 1 else 'is'} not set."
                )
            if not _SLUG.fullmatch(given[ORGANIZATION]):
                raise SettingsInvalid(f"{ORGANIZATION} is not a slug such as acme-1234.")
            if not _KEY.fullmatch(given[KEY]):
                raise SettingsInvalid(f"{KEY} has characters that no key has.")
            return OwnAccount(given[ORGANIZATION], given[KEY])
        case _:
            raise SettingsInvalid(f"{MODE} must be api_key or oauth.")


def _value(environment: Mapping[str, str], name: str) -> str:
    """Read a variable, or the file that stands in for it; empty when neither is set."""
    value, file = environment.get(name, "").strip(), environment.get(f"{name}_FILE", "").strip()
    if value and file:
        raise SettingsInvalid(f"{name}_FILE and {name} are both set.")
    if not file:
        return value
    try:
        return read_text(Path(file))
    except OSError as error:
        raise SettingsInvalid(f"{name}_FILE: {file} can't be read: {error.strerror}") from None
    except ValueError as error:
        raise SettingsInvalid(f"{name}_FILE: {file} {error}") from None


def tell_which(environment: Mapping[str, str]) -> str:
    """Say which variables are set, without their values."""
    return ", ".join(
        f"{name} is {'set' if is_set(environment, name) else 'not set'}" for name in VARIABLES
    )


def is_set(environment: Mapping[str, str], name: str) -> bool:
    """Say whether a variable is set, itself or by a file."""
    return bool(environment.get(name) or environment.get(f"{name}_FILE"))


def require_safe(settings: Settings) -> None:
    """Raise SettingsInvalid where the door would be open to others than this machine."""
    if not settings.back_office.open_on_loopback:
        return
    host = settings.server.host
    if host != "localhost" and not is_loopback(host):
        raise SettingsInvalid(
            f"{_OPEN} opens the back office without a key, and CONNECTOR_SERVER__HOST is {host}, "
            "which others reach: listen on 127.0.0.1, or take one of the two away."
        )
    if settings.server.trusted_proxies:
        raise SettingsInvalid(
            f"{_OPEN} opens the back office without a key, and CONNECTOR_SERVER__TRUSTED_PROXIES "
            "names a proxy, through which others come: take one of the two away."
        )
    if not is_own_name(urlsplit(settings.public_url).netloc):
        raise SettingsInvalid(
            f"{_OPEN} opens the back office without a key, and CONNECTOR_PUBLIC_URL is an address "
            "that others reach: use API keys, or an address such as http://localhost:8080 with "
            "CONNECTOR_ENVIRONMENT=development."
        )
