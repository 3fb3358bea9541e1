"""How PostgreSQL is reached: URLs as libpq writes them, and what a pooler in between forbids."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

import asyncpg
from sqlalchemy.engine import URL, make_url

_DRIVERS = ("postgres", "postgresql", "postgresql+asyncpg")

_DRIVERS_OWN = frozenset(
    {
        *("host", "port", "dbname", "database", "user", "password", "passfile", "service"),
        *("sslmode", "sslcert", "sslkey", "sslrootcert", "sslcrl", "sslpassword"),
        *("sslnegotiation", "ssl_min_protocol_version", "ssl_max_protocol_version"),
        *("target_session_attrs", "krbsrvname", "gsslib", "application_name", "options"),
    }
)
"""What the driver reads itself, or hands to the server."""

_NAMES: Mapping[str, frozenset[str]] = {
    "sslmode": frozenset({"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}),
    "target_session_attrs": frozenset(
        {"any", "primary", "standby", "read-write", "read-only", "prefer-standby"}
    ),
    # these ask for what is so anyway; other values ask for what isn't done
    "channel_binding": frozenset({"disable", "prefer"}),
    "gssencmode": frozenset({"disable", "prefer"}),
    "load_balance_hosts": frozenset({"disable"}),
    "client_encoding": frozenset({"utf8", "UTF8", "utf-8", "UTF-8", "auto"}),
}
"""The values that these may have."""

_FILES = ("sslcert", "sslkey", "sslrootcert", "sslcrl")
_SECONDS = re.compile(r"\d{1,9}")


@dataclass(frozen=True)
class PostgresAddress:
    """Where PostgreSQL is. `dsn` is libpq's, for the driver; it holds the password."""

    dsn: str
    connect_seconds: float | None
    """As the URL asks for."""
    url: URL
    """The same for SQLAlchemy, which knows of one host; it connects by the other."""


def is_postgres(url: str) -> bool:
    """Say whether a database's URL is one of PostgreSQL's."""
    return url.partition(":")[0] in _DRIVERS


def read_address(url: str) -> PostgresAddress:
    """Read a URL. Raises ValueError, saying which part can't be used and never what it holds."""
    try:
        parts = urlsplit(url)
        pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError:
        raise ValueError("this is no URL such as postgresql://user:password@host/name") from None
    given = dict(pairs)
    if "ssl" in given:  # as SQLAlchemy spells it
        given.setdefault("sslmode", given.pop("ssl"))
    if "fallback_application_name" in given:
        given.setdefault("application_name", given.pop("fallback_application_name"))
    seconds = given.pop("connect_timeout", None)
    if seconds is not None and not _SECONDS.fullmatch(seconds):
        raise ValueError("connect_timeout is a whole number of seconds")
    for name, value in given.items():
        _check(name, value)
    passed = {name: value for name, value in given.items() if name in _DRIVERS_OWN}
    asked = f"?{urlencode(passed)}" if passed else ""
    dsn = f"postgresql://{parts.netloc}{parts.path}{asked}"
    credentials, at, hosts = parts.netloc.rpartition("@")
    first = f"{credentials}{at}{hosts.partition(',')[0]}"
    plain = make_url(f"postgresql+asyncpg://{first}{parts.path}?{parts.query}")
    # 0 asks to wait for ever, which nothing here does
    return PostgresAddress(dsn, float(seconds or 0) or None, plain)


def _check(name: str, value: str) -> None:
    allowed = _NAMES.get(name)
    if allowed is not None and value not in allowed:
        raise ValueError(
            f"{name} can be {', '.join(sorted(allowed))} here; take it out or change it"
        )
    if allowed is None and name not in _DRIVERS_OWN:
        raise ValueError(f"{name[:60]!r} is no parameter that is understood here; take it out")
    if name in _FILES and not Path(value).is_file():
        raise ValueError(f"{name} names a file that isn't there; it takes a path")


def connecting(
    address: PostgresAddress, *, seconds: float, statement: float | None, pooled: bool
) -> dict[str, Any]:
    """Return what SQLAlchemy has to be told to connect there.

    Behind a pooler in transaction mode each transaction may have another connection to the server,
    so that nothing is prepared under a name, for later.
    """
    told: dict[str, Any] = {
        "async_creator_fn": partial(_connect, address.dsn),
        "timeout": address.connect_seconds or seconds,
        "command_timeout": statement,
    }
    if pooled:
        told["statement_cache_size"] = 0
        told["prepared_statement_cache_size"] = 0
        told["prepared_statement_name_func"] = str  # no name at all
    return told


_OPTIONS = ("timeout", "command_timeout", "statement_cache_size")


async def _connect(dsn: str, **options: Any) -> Any:
    """Connect by the driver's own reading of the URL; SQLAlchemy's is put aside."""
    own = {name: options[name] for name in _OPTIONS if name in options}
    return cast(Any, await asyncpg.connect(dsn, **own))
