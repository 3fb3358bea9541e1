"""Looks a deployment over before it serves, and says what to do about each finding."""

import asyncio
import ipaddress
import os
import socket
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import urlsplit

from sqlalchemy import text

from connector import proxies
from connector.app import copy_places, descriptors, one_company
from connector.app.opening import POOLER_UNTOLD, open_database, spill_of
from connector.app.settings import Settings, SettingsInvalid
from oauth.credential_age import RENEW_AFTER, CredentialAge
from storage import resealing, schema
from storage.engine import Database
from storage.errors import ServiceError
from storage.pooler import pooler_before
from storage.settings import StorageSettings
from storage.unit_of_work import UnitOfWork

PROXY_WITHIN = 5.0
"""Seconds that a proxy is given to accept a connection."""

PROXYS_KEEP_ALIVE = 120
"""Seconds that the shipped proxy keeps a connection to the service; deploy/Caddyfile says so."""

_METADATA = (
    ipaddress.ip_address("169.254.169.254"),
    ipaddress.ip_address("fd00:ec2::254"),
    ipaddress.ip_address("168.63.129.16"),
)

CheckResult = Literal["ok", "warning", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    verdict: CheckResult
    subject: str
    message: str


async def examine(settings: Settings) -> AsyncGenerator[Finding]:
    """Look at the settings, the database, the sealed secrets and the public address, in turn."""
    for finding in _settings(settings):
        yield finding
    for finding in await _egress(settings):
        yield finding
    for finding in _copies(settings):
        yield finding
    try:
        database = open_database(settings)
    except SettingsInvalid as error:
        yield Finding("problem", "database", error.message)
        return
    try:
        async for finding in _database(database):
            yield finding
            if finding.verdict == "problem":
                return  # there is nothing to look into
        async for finding in _secrets(settings, database):
            yield finding
        for finding in _unsaved(settings, database):
            yield finding
        async for finding in _ages(database):
            yield finding
    finally:
        await database.close()


def _settings(settings: Settings) -> list[Finding]:
    findings: list[Finding] = []
    try:
        public_url = settings.require_public_url()
        findings.append(Finding("ok", "public address", public_url))
        findings.append(_reachable(urlsplit(public_url).hostname or ""))
        findings += [
            Finding("ok", "redirect URI", f"register {public_url}/auth/callback/{target} at Qonto")
            for target in ("qonto", "qonto-sandbox")
        ]
    except SettingsInvalid as error:
        findings.append(Finding("problem", "public address", error.message))
    try:
        settings.key_ring()
        findings.append(Finding("ok", "sealing keys", "present"))
    except SettingsInvalid as error:
        findings.append(Finding("problem", "sealing keys", error.message))
    findings += _one_company(settings)
    if settings.egress.allow_http or settings.link.allow_loopback_callbacks:
        findings.append(
            Finding(
                "warning" if settings.environment == "production" else "ok",
                "callbacks",
                "plain http or loopback callbacks are allowed: fine for development only.",
            )
        )
    findings += _server(settings)
    return findings


def _server(settings: Settings) -> list[Finding]:
    """What callers meet, which a proxy before the service doesn't change."""
    server = settings.server
    warnings: list[str] = []
    needed = server.connections + descriptors.besides(settings)
    if descriptors.allowed() < needed:
        warnings.append(
            f"{needed} descriptors are needed, {server.connections} of them for "
            f"CONNECTOR_SERVER__CONNECTIONS, and {descriptors.allowed()} are allowed: raise the "
            "limit (ulimit -n, LimitNOFILE)."
        )
    if not server.trusted_proxies and settings.environment == "production":
        warnings.append(
            f"listens on {server.host} and trusts no proxy: put a TLS proxy before it and name its "
            "address in CONNECTOR_SERVER__TRUSTED_PROXIES. Until then all who come through one "
            "count as a single address."
        )
    if server.trusted_proxies == "*":
        warnings.append(
            "every address is a trusted proxy: any caller can say that it is somebody else. Name "
            "the proxy's address in CONNECTOR_SERVER__TRUSTED_PROXIES."
        )
    if server.keep_alive_seconds <= PROXYS_KEEP_ALIVE:
        warnings.append(
            f"closes idle connections after {server.keep_alive_seconds} s, and the shipped proxy "
            f"uses them for {PROXYS_KEEP_ALIVE} s: requests will meet closed ones. Raise "
            "CONNECTOR_SERVER__KEEP_ALIVE_SECONDS above what your proxy keeps."
        )
    if server.monitoring_token is None:
        warnings.append(
            "/metrics and /health/details are open to whoever reaches this service: set "
            "CONNECTOR_SERVER__MONITORING_TOKEN, or don't let your proxy pass them on."
        )
    return [Finding("warning", "server", message) for message in warnings] or [
        Finding("ok", "server", f"up to {server.connections} connections, all with deadlines")
    ]


def _one_company(settings: Settings) -> list[Finding]:
    """Which of the variables for one company alone are set; never what they're set to."""
    which = one_company.tell_which(os.environ)
    try:
        own = one_company.read(os.environ)
        if own is None:
            return [Finding("ok", "one company", f"{which}: for many vendors")]
        one_company.require_safe(settings)
    except SettingsInvalid as error:
        return [Finding("problem", "one company", f"{which}. {error.message}")]
    door = "to keys of ten_default"
    if settings.back_office.open_on_loopback:
        door += ", and to programs on this machine without any"
    return [
        Finding("ok", "one company", f"{which}: its account is linked when serving starts"),
        Finding("ok", "back office", f"/api/qonto is open {door}"),
    ]


def _reachable(host: str) -> Finding:
    """Qonto posts to public addresses only; what the name leads to from here is a good hint."""
    try:
        found = {info[4][0] for info in socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)}
    except OSError:
        return Finding("warning", "public address", f"{host} doesn't resolve from this machine.")
    if not any(ipaddress.ip_address(str(address)).is_global for address in found):
        return Finding(
            "warning",
            "public address",
            f"{host} leads to a private address; Qonto can only post events to a public one.",
        )
    return Finding("ok", "public address", f"{host} resolves to a public address")


def _copies(settings: Settings) -> list[Finding]:
    """Where records are copied to, if they are."""
    try:
        where = copy_places.check(settings.sync)
    except SettingsInvalid as error:
        return [Finding("problem", "copies", error.message)]
    return [] if where is None else [Finding("ok", "copies", f"of all accounts, to {where}")]


async def _egress(settings: Settings) -> list[Finding]:
    """Where webhooks may go, and whether the proxy that they go through answers."""
    findings: list[Finding] = []
    try:
        proxies.check()
    except ServiceError as error:
        findings.append(Finding("problem", "proxy", error.message))
    else:
        findings += [
            Finding("ok", "proxy", f"Qonto is called through what {name} names")
            for name in proxies.named()
            if name.upper() != "HTTP_PROXY"  # Qonto is reached by https
        ]
    policy = settings.egress.policy()
    if policy.allowed:
        inside = f"webhooks may go to {', '.join(str(network) for network in policy.allowed)}"
        exposed = [str(one) for one in _METADATA if policy.permits(one)]
        if exposed:
            inside += f", which holds {' and '.join(exposed)}, where clouds give out credentials"
        findings.append(Finding("warning" if exposed else "ok", "callbacks", f"{inside}."))
    if policy.denied or policy.denied_hosts:
        never = ", ".join((*map(str, policy.denied), *policy.denied_hosts))
        findings.append(Finding("ok", "callbacks", f"webhooks never go to {never}."))
    proxy = urlsplit(settings.egress.proxy.get_secret_value())
    if proxy.hostname:
        where = f"the proxy at {proxy.hostname}:{proxy.port or 80}"  # never its password
        try:
            async with asyncio.timeout(PROXY_WITHIN):
                _, writer = await asyncio.open_connection(proxy.hostname, proxy.port or 80)
            writer.close()
        except (OSError, TimeoutError):
            message = f"{where} can't be reached, and no webhook goes around it."
            findings.append(Finding("warning", "proxy", message))
        else:
            findings.append(Finding("ok", "proxy", f"webhooks go through {where}"))
    return findings


async def _database(database: Database) -> AsyncGenerator[Finding]:
    kind = "SQLite" if database.is_sqlite else "PostgreSQL"
    try:
        finding = None if database.is_sqlite else await _pooler(database.settings)
        if finding is not None:
            yield finding
            if finding.verdict == "problem":
                return
        started = time.perf_counter()
        await schema.require_current(database)
        took = (time.perf_counter() - started) * 1000
        yield Finding("ok", "database", f"{kind}, schema current, answered in {took:.0f} ms")
        if not database.is_sqlite:
            async with database.reading() as connection:
                row = await connection.execute(text("SELECT clock_timestamp()"))
                skew = abs((datetime.now(UTC) - row.scalar_one()).total_seconds())
            verdict: CheckResult = "ok" if skew < 1 else "warning"
            yield Finding(verdict, "clock", f"{skew:.2f} s apart from the database's clock")
    except ServiceError as error:
        yield Finding("problem", "database", f"{kind}: {error.message}")


async def _pooler(settings: StorageSettings) -> Finding | None:
    """Say whether a pooler is in between, and whether the settings know of it."""
    mode = await pooler_before(settings)
    if mode == "transaction" and not settings.transaction_pooling:
        return Finding("problem", "pooler", POOLER_UNTOLD)
    return mode and Finding("ok", "pooler", f"a pooler is before PostgreSQL, in {mode} mode")


async def _secrets(settings: Settings, database: Database) -> AsyncGenerator[Finding]:
    """Open every sealed value, so that a lost key shows before a customer does."""
    try:
        ring = settings.key_ring()
    except SettingsInvalid:
        return  # told above
    work = UnitOfWork(database)
    lost = 0
    async for one in resealing.unreadable(work, ring):
        lost += 1
        where = f"{one.table}.{one.column} of {one.row_id} (key {one.key!r})"
        yield Finding("problem", "sealed secrets", f"{where}: {one.reason}")
    if not lost:
        yield Finding("ok", "sealed secrets", "every value opened")
    for used in await resealing.usage(work, ring, datetime.now(UTC)):
        if used.is_configured or not (used.api_keys or used.account_keys):
            continue
        message = (
            f"{used.api_keys} API keys and {used.account_keys} account keys were hashed with key "
            f"{used.key!r}, which is not configured: they are refused."
        )
        yield Finding("problem", "keys", message)


def _unsaved(settings: Settings, database: Database) -> list[Finding]:
    """What refreshed tokens wait on this machine's disk, and whether they can."""
    try:
        spill = spill_of(settings, database, settings.key_ring())
    except SettingsInvalid:
        return []  # told above
    if spill is None:
        message = (
            "refreshed tokens have no place on this machine while the database is away: a crash in "
            "that moment loses the link. Name one in CONNECTOR_STATE_DIRECTORY."
        )
        return [Finding("warning", "unsaved tokens", message)]
    waiting, unreadable = spill.counts()
    if unreadable:
        message = (
            f"{unreadable} files in {spill.folder} end in .unreadable: damaged, or sealed with a "
            "key that isn't configured. With that key, let them end in .tokens and start again."
        )
        return [Finding("problem", "unsaved tokens", message)]
    if waiting:
        message = (
            f"{waiting} refreshed token sets wait in {spill.folder}: they are saved when `serve` "
            "or `worker` starts on this machine."
        )
        return [Finding("warning", "unsaved tokens", message)]
    return [Finding("ok", "unsaved tokens", f"none; there is a place for them, {spill.folder}")]


async def _ages(database: Database) -> AsyncGenerator[Finding]:
    """Name what has not been renewed for half a year."""
    now = datetime.now(UTC)
    async with UnitOfWork(database).reading() as tx:
        keys = [key for key in await tx.api_keys.unrevoked() if key.is_live(now)]
        systems = [
            system
            for tenant in await tx.tenants.all()
            for system in await tx.systems.of_tenant(tenant.id)
        ]
        own_keys = await tx.tokens.api_keys()
    for key in keys:
        if now - key.created_at >= RENEW_AFTER:
            days = (now - key.created_at).days
            message = f"{key.id} ({key.name}) of {key.tenant_id} is {days} days old: rotate it."
            yield Finding("warning", "API keys", message)
    for system in systems:
        if now - system.updated_at >= RENEW_AFTER:
            days = (now - system.updated_at).days
            message = (
                f"those of {system.tenant_id} for {system.target} are {days} days old: renew them "
                "at Qonto and register them again."
            )
            yield Finding("warning", "app credentials", message)
    for account_id, since in own_keys:
        age = CredentialAge(since, now)
        message = f"the one of {account_id} at Qonto is {age.days} days old"
        if age.is_due:
            yield Finding("warning", "Qonto API keys", f"{message}: make a new one and set it.")
        else:
            yield Finding("ok", "Qonto API keys", message)
