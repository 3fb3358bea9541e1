"""One HTTP attempt, bounded in time and bytes."""

import asyncio
import re
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

import aiohttp

from storage.clock import Clock, system_clock
from webhooks.egress import AddressRefused, EgressPolicy
from webhooks.proxy import NameUnknown, Ways, headers_for
from webhooks.schedule import Answered, Failed, Outcome
from webhooks.transcript import MOST_BODY

_SECONDS = re.compile(r"\d{1,9}", re.ASCII)
"""Of a Retry-After; more digits than that are no answer to be taken seriously."""

_LONGEST_DATE = 64

_NOT_REACHED = frozenset({502, 503, 504})
"""What a proxy answers when it can't connect to the address it was asked for."""


@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """A signed POST; the body may hold an account key, so `repr` hides it."""

    url: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Sender(Protocol):
    """Brings a message to its URL once. Never raises; says how it went."""

    async def send(self, request: OutgoingRequest) -> Outcome: ...


@dataclass(frozen=True)
class SenderSettings:
    """`deadline` in seconds covers connecting, headers and body; `most_bytes` of it are read."""

    deadline: float = 10.0
    most_bytes: int = 64 * 1024
    connections: int = 256
    user_agent: str = "qonto-connector"
    proxy: str | None = field(default=None, repr=False)
    """The URL of one that all goes through. It may hold a password."""


class HttpSender:
    """Posts with one pooled client. No redirects, no cookies, no proxy from the environment."""

    def __init__(
        self, policy: EgressPolicy, settings: SenderSettings, clock: Clock = system_clock
    ) -> None:
        """`clock` tells how far off a date in Retry-After is."""
        self._settings = settings
        self._clock = clock
        self._allow_http = policy.allow_http
        # Through a proxy the only sockets are those to it, wherever it is; what it's asked for is
        # vetted before.
        self._ways = None if settings.proxy is None else Ways(policy)
        self._client = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=settings.connections,
                socket_factory=policy.socket_factory() if settings.proxy is None else None,
                ttl_dns_cache=30,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            auto_decompress=False,
            trust_env=False,
            skip_auto_headers=("Accept-Encoding",),
            headers={"User-Agent": settings.user_agent},
        )

    async def send(self, request: OutgoingRequest) -> Outcome:
        """POST once and answer what came of it."""
        if not self._allow_http and request.url[:5].lower() == "http:":
            return Failed("HTTPS_REQUIRED")  # it was allowed once
        try:
            async with asyncio.timeout(self._settings.deadline):
                if self._ways is not None:
                    return await self._send_through_proxy(request, self._ways)
                return await self._answer_to(
                    self._client.post(
                        request.url,
                        data=request.body,
                        headers=request.headers,
                        allow_redirects=False,
                    )
                )
        except TimeoutError:
            return Failed("TIMEOUT")
        except aiohttp.ClientConnectorCertificateError:
            return Failed("CERTIFICATE_INVALID")
        except aiohttp.ClientSSLError:
            return Failed("TLS_FAILED")
        except aiohttp.ClientConnectorDNSError:
            # names of receivers are looked up before a proxy is called
            return Failed("NAME_NOT_RESOLVED" if self._ways is None else "PROXY_UNREACHABLE")
        except NameUnknown:
            return Failed("NAME_NOT_RESOLVED")
        except aiohttp.ClientProxyConnectionError:
            return Failed("PROXY_UNREACHABLE")
        except aiohttp.ClientHttpProxyError as error:
            return Failed("CONNECTION_FAILED" if error.status in _NOT_REACHED else "PROXY_REFUSED")
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, AddressRefused):
                return Failed("ADDRESS_REFUSED")
            return Failed("CONNECTION_FAILED")
        except AddressRefused:
            return Failed("ADDRESS_REFUSED")
        except aiohttp.InvalidURL:
            return Failed("URL_INVALID", retryable=False)
        except (aiohttp.ClientError, OSError):
            return Failed("CONNECTION_LOST")
        except ValueError:
            # a host that can't be written as DNS wants it, or a header that can't be sent
            return Failed("URL_INVALID", retryable=False)

    async def close(self) -> None:
        await self._client.close()

    async def _send_through_proxy(self, request: OutgoingRequest, ways: Ways) -> Outcome:
        """Try one address after the other, until the proxy reaches one."""
        *others, last = await ways.to(request.url)
        for way in (*others, last):
            try:
                return await self._answer_to(
                    self._client.post(
                        way.url,
                        data=request.body,
                        headers=headers_for(way, request.headers),
                        allow_redirects=False,
                        proxy=self._settings.proxy,
                        server_hostname=way.name,
                    )
                )
            except aiohttp.ClientHttpProxyError as error:
                # nothing of the message was sent
                if error.status not in _NOT_REACHED or way is last:
                    raise
        raise AssertionError("there is at least one way")

    async def _answer_to(
        self, posting: AbstractAsyncContextManager[aiohttp.ClientResponse]
    ) -> Answered:
        async with posting as response:
            body = await self._skim(response)
            wait = response.headers.get("Retry-After")
            return Answered(
                response.status,
                None if wait is None else _retry_after(wait, self._clock()),
                _pairs(response.headers),
                body,
            )

    async def _skim(self, response: aiohttp.ClientResponse) -> bytes:
        """Answer the beginning of the body.

        A short one is read to its end, so that the connection can be used again; a long one is
        dropped.
        """
        kept = b""
        read = 0
        while chunk := await response.content.readany():
            read += len(chunk)
            if len(kept) < MOST_BODY:
                kept += chunk[: MOST_BODY - len(kept)]
            if read >= self._settings.most_bytes:
                response.close()
                break
        return kept


def _pairs(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((str(name), value) for name, value in headers.items())


def _retry_after(value: str, now: datetime) -> float | None:
    """Read Retry-After, in seconds or as a date, as seconds from now; None when it's neither."""
    value = value.strip()
    if _SECONDS.fullmatch(value):
        return float(value)
    if not value.isascii() or len(value) > _LONGEST_DATE:
        return None
    try:
        moment = parsedate_to_datetime(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)  # "-0000": UTC, from who knows where
        return max(0.0, (moment - now).total_seconds())
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
