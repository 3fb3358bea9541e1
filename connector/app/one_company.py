"""An installation for one company alone: its account comes from the environment.

Three variables, the same in every environment, instead of vendors and links. With none of them set
the service is for many.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from connector.app.settings import SettingsInvalid

MODE, ORGANIZATION, KEY = "QONTO_AUTH_MODE", "QONTO_ORGANIZATION_ID", "QONTO_API_KEY"
VARIABLES = (MODE, ORGANIZATION, KEY)

_SLUG = re.compile(r"[\x21-\x39\x3b-\x7e]{1,200}")
_KEY = re.compile(r"[\x21-\x7e]{1,1000}")


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """The one company's credentials."""

    organization_id: str
    """Its slug at Qonto, such as acme-1234."""
    api_key: str = field(repr=False)


def read(environment: Mapping[str, str]) -> OwnAccount | None:
    """Read the variables; None means that the service is for many. Pure.

    Raises SettingsInvalid, naming variables and never their values, when they're half set or
    contradict each other.
    """
    given = {name: environment[name].strip() for name in VARIABLES if environment.get(name)}
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


def tell_which(environment: Mapping[str, str]) -> str:
    """Say which variables are set, without their values."""
    return ", ".join(
        f"{name} is {'set' if environment.get(name) else 'not set'}" for name in VARIABLES
    )
