"""The one place that reads the environment.

Every key starts with CONNECTOR_, nests with two underscores (CONNECTOR_DATABASE__URL) and can come
from a file instead: CONNECTOR_SEALING__KEYS_FILE=/run/secrets/sealing names a file that holds the
value. `deploy/env.example` explains each key; a test keeps it complete.
"""

import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from connector.app.addresses import TrustedProxies
from connector.app.doorman import ConnectionLimits
from connector.app.text_files import read_text
from connector.budget import Rate
from connector.copying.settings import CopySettings
from connector.syncing.pace import Pace
from storage.egress import EgressPolicy
from storage.errors import ServiceError
from storage.sealing import KeyRing, MasterKey
from webhooks.proxy import check_proxy
from webhooks.schedule import RETRY_DELAYS

PREFIX = "CONNECTOR_"
_LONGEST_WAIT = 7 * 86400
_SERVICE = re.compile(
    r"CONNECTOR(?:_[A-Z0-9]+)*_"
    r"(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?"
    r"|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)"
)
"""What Kubernetes calls the addresses of a Service whose name begins as our settings do."""


class SettingsInvalid(ServiceError):
    """The environment is incomplete or wrong; the message names each key and what to do."""

    code = "SETTINGS_INVALID"


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DatabaseGroup(_Group):
    """Where the data is kept."""

    url: SecretStr = Field(
        default=SecretStr("sqlite:///qonto-connector.db"),
        description="sqlite:///file.db, or postgresql://user:password@host/name.",
    )
    pool_size: int = Field(
        default=10,
        ge=2,
        le=100,
        description="Connections per process; as many again for short calls, and one. "
        "PostgreSQL only.",
    )
    transaction_pooling: bool = Field(
        default=False,
        description="A pooler in transaction mode, such as PgBouncer, is before PostgreSQL.",
    )


class SealingGroup(_Group):
    """The keys that protect every stored secret."""

    keys: SecretStr = Field(
        default=SecretStr(""),
        description=(
            "Required. One or more name:base64 separated by spaces; the first one seals, all of "
            "them open. `qonto-connector keys new` makes one."
        ),
    )
    command: str = Field(
        default="",
        description="Instead of keys: a command that prints them, for those with a key service.",
    )


class ServerGroup(_Group):
    """Where `serve` listens."""

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8080, ge=0, le=65535, description="Port to listen on; 0 is any free.")
    trusted_proxies: str = Field(
        default="",
        description="Addresses or networks of proxies whose X-Forwarded-* headers count, comma "
        "separated.",
    )
    monitoring_token: SecretStr | None = Field(
        default=None,
        description="When set, /metrics and /health/details ask for it as a bearer token.",
    )
    connections: int = Field(
        default=4096, ge=16, le=100_000, description="Connections at once, per process."
    )
    connections_per_address: int = Field(
        default=1024,
        ge=1,
        description="Of these, connections from one address; trusted proxies have no such limit. "
        "Behind them it is the requests under way for one address.",
    )
    header_bytes: int = Field(
        default=65536, ge=8192, le=1048576, description="The most that a request's headers take."
    )
    body_bytes: int = Field(
        default=1048576, ge=65536, le=67108864, description="The most that a request's body takes."
    )
    upload_bytes: int = Field(
        default=134217728,
        ge=1048576,
        le=1073741824,
        description="The most that a request with files takes. Each process puts up to four such "
        "requests at once on disk.",
    )
    upload_directory: str = Field(
        default="",
        description="A folder of this machine for files on their way to the target system. Empty "
        "is the state directory, beside an SQLite database, or the system's folder for such files.",
    )
    header_seconds: float = Field(
        default=10.0, gt=0, le=3600, description="Time for a request's headers to come in."
    )
    body_seconds: float = Field(
        default=60.0, gt=0, le=3600, description="Time for a request's body to come in."
    )
    write_seconds: float = Field(
        default=30.0, gt=0, le=3600, description="How long an answer waits for its reader."
    )
    keep_alive_seconds: int = Field(
        default=150,
        ge=1,
        le=3600,
        description="How long a connection without requests stays open; more than the proxy keeps "
        "its own.",
    )
    bad_keys_per_minute: int = Field(
        default=20,
        ge=0,
        description="Unknown keys from one address, until more of them are asked to wait; 0 is no "
        "limit.",
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _known_proxies(cls, value: str) -> str:
        return TrustedProxies.parse(value).text

    def proxies(self) -> TrustedProxies:
        """Return whose X-Forwarded-* headers count."""
        return TrustedProxies.parse(self.trusted_proxies)

    def limits(self, connections: int) -> ConnectionLimits:
        """Return what a connection may take, where there may be so many."""
        return ConnectionLimits(
            connections=connections,
            per_address=self.connections_per_address,
            header_bytes=self.header_bytes,
            header_seconds=self.header_seconds,
            body_seconds=self.body_seconds,
            write_seconds=self.write_seconds,
            keep_alive_seconds=self.keep_alive_seconds,
        )


class LinkGroup(_Group):
    """How customers link."""

    allow_loopback_callbacks: bool = Field(
        default=False, description="Let vendors use http://127.0.0.1 callbacks. For development."
    )
    scopes: str = Field(
        default="",
        description=(
            "Scopes to ask for when a tenant sets none: a preset (default, maesn, full, "
            "payments) or a "
            "space-separated list. Empty is the default preset."
        ),
    )


class EgressGroup(_Group):
    """Which addresses webhooks may be sent to."""

    allowed_networks: str = Field(
        default="",
        description="Networks that may be called although they aren't public, comma separated.",
    )
    denied_networks: str = Field(
        default="",
        description="Networks never called, although public or allowed, comma separated.",
    )
    denied_hosts: str = Field(
        default="",
        description="Host names never called, each with all names below it, comma separated.",
    )
    allow_http: bool = Field(default=False, description="Accept http:// callback URLs.")
    proxy: SecretStr = Field(
        default=SecretStr(""),
        description="An HTTP proxy for webhooks: http://host:port, or http://user:password@host:port.",
    )

    @field_validator("denied_hosts")
    @classmethod
    def _host_names(cls, value: str) -> str:
        EgressPolicy.of((), allow_http=False, denied_hosts=_listed(value))
        return value

    @field_validator("allowed_networks", "denied_networks")
    @classmethod
    def _networks(cls, value: str) -> str:
        EgressPolicy.of(_listed(value), allow_http=False)
        return value

    @field_validator("proxy")
    @classmethod
    def _usable_proxy(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value():
            check_proxy(value.get_secret_value())
        return value

    def policy(self) -> EgressPolicy:
        """Return which addresses may be called."""
        return EgressPolicy.of(
            _listed(self.allowed_networks),
            allow_http=self.allow_http,
            denied=_listed(self.denied_networks),
            denied_hosts=_listed(self.denied_hosts),
        )


class DeliveryGroup(_Group):
    """How events are sent."""

    deadline_seconds: float = Field(
        default=10, gt=0, le=30, description="Time for one attempt: connecting, headers and body."
    )
    at_once: int = Field(default=256, ge=1, le=5000, description="Attempts under way per process.")
    per_endpoint: int = Field(default=64, ge=1, description="Of those, attempts to one URL.")
    retry_seconds: str = Field(
        default=" ".join(str(int(delay.total_seconds())) for delay in RETRY_DELAYS),
        description="Seconds to wait after the first failed attempt, after the second, and so on.",
    )
    pause_after_days: float = Field(
        default=1.5,
        gt=0,
        le=365,
        description="Days without any success after which a subscription is paused.",
    )
    pause_after_attempts: int = Field(
        default=5, ge=1, le=1000, description="Failed attempts that this takes at least."
    )

    @field_validator("retry_seconds")
    @classmethod
    def _waits(cls, value: str) -> str:
        try:
            waits = [float(text) for text in value.split()]
        except ValueError:
            raise ValueError("it is a list of seconds, with spaces between") from None
        if not waits or not all(0 <= wait <= _LONGEST_WAIT for wait in waits):
            raise ValueError(f"it has at least one wait, each of 0 to {_LONGEST_WAIT} seconds")
        return value

    def delays(self) -> tuple[timedelta, ...]:
        return tuple(timedelta(seconds=float(text)) for text in self.retry_seconds.split())


class RetentionGroup(_Group):
    """How long the past is kept."""

    event_days: int = Field(
        default=30,
        ge=7,
        le=3650,
        description="Days that finished deliveries, their attempts and their events are kept.",
    )


class PollingGroup(_Group):
    """How often Qonto is asked for changes: soon after one, and more rarely while there are none.

    Those that Qonto announces are asked for as well, in case an announcement was lost.
    """

    shortest_seconds: int = Field(
        default=60, ge=1, description="Between two polls after a change, where only polls tell."
    )
    longest_seconds: int = Field(
        default=1800, ge=1, description="Between two polls while nothing happens, there."
    )
    announced_shortest_seconds: int = Field(
        default=900, ge=1, description="The shortest time for what Qonto announces as well."
    )
    announced_longest_seconds: int = Field(
        default=21600, ge=1, description="The longest time for what Qonto announces as well."
    )

    def polled(self) -> Pace:
        return _pace(self.shortest_seconds, self.longest_seconds)

    def announced(self) -> Pace:
        return _pace(self.announced_shortest_seconds, self.announced_longest_seconds)


class SyncGroup(_Group):
    """Where accounts' records and their documents are copied to, and how often.

    Without a destination nothing is copied but by `qonto-connector sync --to`.
    """

    to: SecretStr = Field(
        default=SecretStr(""),
        description="Where the records of all linked accounts are copied to. Empty: nowhere.",
    )
    documents: SecretStr = Field(
        default=SecretStr(""),
        description="Where their documents are stored. Empty: nowhere.",
    )
    invoices_minutes: int = Field(
        default=60, ge=1, le=10_080, description="Between two runs for invoices."
    )
    bills_minutes: int = Field(
        default=1440, ge=1, le=10_080, description="Between two runs for bills."
    )
    transactions_minutes: int = Field(
        default=15, ge=1, le=10_080, description="Between two runs for transactions."
    )

    def copies(self, keep_days: int) -> CopySettings:
        """Return how copies are made."""
        return CopySettings(
            self.to.get_secret_value() or None,
            self.documents.get_secret_value() or None,
            {
                "invoices": timedelta(minutes=self.invoices_minutes),
                "bills": timedelta(minutes=self.bills_minutes),
                "transactions": timedelta(minutes=self.transactions_minutes),
            },
            timedelta(days=keep_days),
        )


class McpGroup(_Group):
    """The door for assistants at /mcp, where the extra `mcp` is installed."""

    enabled: bool = Field(default=True, description="Whether the door is there.")
    hosts: str = Field(
        default="",
        description="Values of Host that it is called by besides the public URL's, comma "
        "separated: what a proxy sends, say.",
    )
    origins: str = Field(
        default="",
        description="Origins of pages that may call it from a browser, comma separated.",
    )

    def listed(self, value: str) -> tuple[str, ...]:
        """Return the parts of a list."""
        return tuple(_listed(value))


def _pace(shortest: int, longest: int) -> Pace:
    return Pace(timedelta(seconds=shortest), timedelta(seconds=max(shortest, longest)))


class QontoGroup(_Group):
    """Where Qonto is, and what vendors may do there in its own words.

    Only a simulator needs other addresses than these.
    """

    api_url: str = Field(default="https://thirdparty.qonto.com", description="Qonto's API.")
    oauth_url: str = Field(
        default="https://oauth.qonto.com", description="Qonto's authorisation server."
    )
    sandbox_api_url: str = Field(
        default="https://thirdparty-sandbox.staging.qonto.co",
        description="The API of Qonto's sandbox.",
    )
    sandbox_oauth_url: str = Field(
        default="https://oauth-sandbox.staging.qonto.co",
        description="The authorisation server of Qonto's sandbox.",
    )
    pass_through: Literal["off", "read", "write"] = Field(
        default="read",
        description=(
            "What POST /accounting/passThrough lets through: nothing, calls that read, or those "
            "that write as well."
        ),
    )


class BackOfficeGroup(_Group):
    """The door at /api/qonto, which only an installation for one company has.

    Whoever comes in has one of the API keys of the tenant `ten_default`.
    """

    open_on_loopback: bool = Field(
        default=False,
        description="Let programs on this machine in without a key. Only where the public address "
        "and the one listened on are loopback, with no proxy before them.",
    )
    create_credit_notes: bool = Field(
        default=False,
        description="Let credit notes be made there: each is final at once.",
    )


class RateGroup(_Group):
    """How often Qonto may be called from one address; production and sandbox each."""

    ten_seconds: int = Field(
        default=1000, ge=0, description="Requests in any ten seconds; 0 is no limit."
    )
    ten_minutes: int = Field(
        default=10000, ge=0, description="Requests in any ten minutes; 0 is no limit."
    )
    address: str = Field(
        default="default",
        min_length=1,
        max_length=100,
        description="A name for the address that Qonto sees; processes behind one share the rates.",
    )

    def rates(self) -> tuple[Rate, ...]:
        """List the rates that are kept; none when the budget is off."""
        rates = (Rate(self.ten_seconds, 10, 20), Rate(self.ten_minutes, 600, 60))
        return tuple(rate for rate in rates if rate.limit)


class LogGroup(_Group):
    """What is logged, on standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="What is logged at least."
    )
    format: Literal["json", "text"] = Field(
        default="json", description="For programs, or for people."
    )
    access: bool = Field(
        default=True, description="A line for each request, whatever the level: who, what, how."
    )


class Settings(BaseSettings):
    """All settings. Frozen; made once and handed to `assemble`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", frozen=True, extra="forbid"
    )

    public_url: str = Field(
        default="",
        description=(
            "Required. The https address, with a path if there is one, at which browsers, vendors "
            "and Qonto reach this service. It alone builds redirect URIs and callbacks."
        ),
    )
    environment: Literal["production", "development"] = Field(
        default="production", description="development lets public_url be plain http."
    )
    time_zone: str = Field(
        default="",
        description=(
            "Where all accounts keep their books, such as Europe/Lisbon, for telling what is "
            "overdue. Empty leaves it to the country of each document, else Europe/Paris."
        ),
    )
    state_directory: str = Field(
        default="",
        description=(
            "A folder of this machine where refreshed tokens wait, sealed, while the database is "
            "away. Empty puts them beside an SQLite database, and nowhere with PostgreSQL; `none` "
            "nowhere."
        ),
    )
    heartbeat: str = Field(
        default="",
        description=(
            "A file that `worker` touches every ten seconds while its loops run, for what watches "
            "over it. Empty: none."
        ),
    )
    database: DatabaseGroup = DatabaseGroup()
    sealing: SealingGroup = SealingGroup()
    server: ServerGroup = ServerGroup()
    link: LinkGroup = LinkGroup()
    egress: EgressGroup = EgressGroup()
    delivery: DeliveryGroup = DeliveryGroup()
    retention: RetentionGroup = RetentionGroup()
    polling: PollingGroup = PollingGroup()
    sync: SyncGroup = SyncGroup()
    mcp: McpGroup = McpGroup()
    qonto: QontoGroup = QontoGroup()
    back_office: BackOfficeGroup = BackOfficeGroup()
    rate: RateGroup = RateGroup()
    log: LogGroup = LogGroup()

    @field_validator("public_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, _EnvironmentAndFiles(settings_cls)

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value and value not in available_timezones():
            raise ValueError("there is no such time zone; it is a name such as Europe/Paris")
        return value

    def zone(self) -> ZoneInfo | None:
        """Return where all accounts keep their books, None to leave it to their documents."""
        return ZoneInfo(self.time_zone) if self.time_zone else None

    def key_ring(self) -> KeyRing:
        """Make the key ring. Raises SettingsInvalid, saying how to make a key."""
        text = self._sealing_keys().split()
        if not text:
            raise SettingsInvalid(
                "CONNECTOR_SEALING__KEYS is not set, and nothing is stored unprotected. Make a key "
                "with `qonto-connector keys new`, keep a copy apart from the database, and set it."
            )
        try:
            return KeyRing(MasterKey.parse(part) for part in text)
        except ValueError as error:
            raise SettingsInvalid(f"CONNECTOR_SEALING__KEYS: {error}") from None

    def _sealing_keys(self) -> str:
        given, command = self.sealing.keys.get_secret_value(), shlex.split(self.sealing.command)
        if not command:
            return given
        if given:
            raise SettingsInvalid(
                "CONNECTOR_SEALING__KEYS and CONNECTOR_SEALING__COMMAND are both set."
            )
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)  # noqa: S603
        except (OSError, subprocess.SubprocessError) as error:
            # its output may hold a key, so that only the kind of failure is told
            raise SettingsInvalid(
                f"CONNECTOR_SEALING__COMMAND: {command[0]} failed ({type(error).__name__})."
            ) from None
        return done.stdout

    def require_public_url(self) -> str:
        """Return the public address. Raises SettingsInvalid when it's missing or unfit."""
        parts = urlsplit(self.public_url)
        if not self.public_url or not parts.hostname:
            raise SettingsInvalid(
                "CONNECTOR_PUBLIC_URL is not set. Set it to the https address at which browsers "
                "and Qonto reach this service, such as https://connect.example.com."
            )
        if parts.query or parts.fragment or parts.username:
            raise SettingsInvalid("CONNECTOR_PUBLIC_URL is an origin and a path, nothing more.")
        if parts.scheme != "https" and self.environment == "production":
            raise SettingsInvalid(
                "CONNECTOR_PUBLIC_URL must start with https://; plain http is only for "
                "CONNECTOR_ENVIRONMENT=development."
            )
        return self.public_url


def load(**overrides: Any) -> Settings:
    """Read the settings. Raises SettingsInvalid, naming every key that is wrong or unknown."""
    unknown = sorted(set(_named()) - set(keys()) - {f"{key}_FILE" for key in keys()})
    if unknown:
        raise SettingsInvalid(f"there is no setting called {', '.join(unknown)}")
    try:
        return Settings(**overrides)
    except ValidationError as error:
        problems = "; ".join(
            f"{PREFIX}{'__'.join(str(part) for part in item['loc']).upper()}: {item['msg']}"
            for item in error.errors(include_url=False, include_input=False)
        )
        raise SettingsInvalid(problems) from None


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def keys() -> list[str]:
    """Name every setting as the environment spells it."""
    found: list[str] = []
    for name, field in Settings.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, _Group):
            found += [f"{PREFIX}{name}__{inner}".upper() for inner in kind.model_fields]
        else:
            found.append(f"{PREFIX}{name}".upper())
    return found


def _named() -> list[str]:
    """List what the environment sets for us; the tests have settings of their own."""
    return [
        name
        for name, value in os.environ.items()
        if name.startswith(PREFIX)
        and not name.startswith(f"{PREFIX}TEST_")
        and not _is_from_kubernetes(name, value)
    ]


def _is_from_kubernetes(name: str, value: str) -> bool:
    """Say whether Kubernetes set a variable for a Service called connector, or connector-api."""
    return bool(_SERVICE.fullmatch(name)) or (name.endswith("_PORT") and "://" in value)


class _EnvironmentAndFiles(EnvSettingsSource):
    def _load_env_vars(self) -> Mapping[str, str | None]:
        # blanks and ends of lines are left by files of settings that were written on Windows
        found = {
            name: value.strip("\ufeff \t\r\n") if value else value
            for name, value in super()._load_env_vars().items()
        }
        for name, value in os.environ.items():
            if _is_from_kubernetes(name, value):
                found.pop(name.lower(), None)
                continue
            if not name.startswith(PREFIX) or not name.endswith("_FILE"):
                continue
            found.pop(name.lower(), None)
            key = name.removesuffix("_FILE").lower()
            if found.get(key):
                raise SettingsInvalid(f"{name} and {name.removesuffix('_FILE')} are both set.")
            try:
                found[key] = read_text(Path(value.strip()))
            except OSError as error:
                raise SettingsInvalid(f"{name}: {value} can't be read: {error.strerror}") from None
            except ValueError as error:
                raise SettingsInvalid(f"{name}: {value} {error}") from None
        return found
