"""One HTTP attempt, bounded in time and bytes."""

import asyncio
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

from storage.clock import Clock, system_clock
from storage.egress import AddressRefused, EgressPolicy
from webhooks.answer_reader import AnswerReader
from webhooks.callback_target import target_of
from webhooks.connections import ConnectionPool, NotConnected, Route
from webhooks.direct import DirectRoute
from webhooks.names import Names, NameUnknown
from webhooks.proxy import Proxied, Proxy
from webhooks.schedule import Answered, Failed, Outcome
from webhooks.transcript import MOST_BODY

_SECONDS = re.compile(r"\d{1,9}", re.ASCII)
"""Of a Retry-After; more digits than that are no answer to be taken seriously."""

_LONGEST_DATE = 64

_HEADER = re.compile(r"[^\0\r\n]*")


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
    """Posts over connections that are kept. No redirects, no cookies, no proxy from outside.

    Once a status line has come, its status is the outcome, whatever becomes of the rest.
    """

    def __init__(
        self,
        policy: EgressPolicy,
        settings: SenderSettings,
        clock: Clock = system_clock,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`clock` tells how far off a date in Retry-After is; `tls` whom to trust, else the system
        says.
        """
        self._settings = settings
        self._clock = clock
        self._allow_http = policy.allow_http
        names = Names(policy)
        # Through a proxy the only sockets are those to it, wherever it is; what it's asked for is
        # vetted before.
        self._route: Route = (
            DirectRoute(names, policy.socket_factory())
            if settings.proxy is None
            else Proxied(Proxy.at(settings.proxy), names)
        )
        self._connections = ConnectionPool(self._route, most=settings.connections, tls=tls)

    async def send(self, request: OutgoingRequest) -> Outcome:
        """POST once and return what came of it."""
        if not self._allow_http and request.url[:5].lower() == "http:":
            return Failed("HTTPS_REQUIRED")  # it was allowed once
        reader = AnswerReader(kept=MOST_BODY, most=self._settings.most_bytes)
        failed = await self._exchange(request, reader)
        if reader.status is None:
            return failed
        return Answered(reader.status, self._wait(reader), tuple(reader.headers), reader.body)

    async def close(self) -> None:
        await self._connections.close()

    async def _exchange(self, request: OutgoingRequest, reader: AnswerReader) -> Failed:
        """Have `reader` read the answer; return what is to be said if there is none."""
        try:
            target = target_of(request.url)
            async with asyncio.timeout(self._settings.deadline):
                asked, headers = await self._route.asked_for(target)
                head = _head(
                    asked,
                    {
                        "Host": target.authority,
                        **headers,
                        **request.headers,
                        "Accept": "*/*",
                        "User-Agent": self._settings.user_agent,
                        "Content-Length": str(len(request.body)),
                    },
                )
                await self._connections.exchange(target, head + request.body, reader)
        except TimeoutError:
            return Failed("TIMEOUT")
        except NotConnected as error:
            return Failed(error.error)
        except NameUnknown:
            return Failed("NAME_NOT_RESOLVED")
        except AddressRefused:
            return Failed("ADDRESS_REFUSED")
        except ValueError:
            # a host that can't be written as DNS wants it, or a header that can't be sent
            return Failed("URL_INVALID", retryable=False)
        except OSError:
            pass
        return Failed("CONNECTION_LOST")

    def _wait(self, reader: AnswerReader) -> float | None:
        """Read the first Retry-After that can be read."""
        now = self._clock()
        waits = (_retry_after(value, now) for value in reader.values("retry-after"))
        return next((wait for wait in waits if wait is not None), None)


def _head(asked: str, headers: Mapping[str, str]) -> bytes:
    """Write a request's head. Raises ValueError for what would end a line early."""
    lines = [f"POST {asked} HTTP/1.1"]
    for name, value in headers.items():
        if not _HEADER.fullmatch(value):
            raise ValueError(f"{name} has characters that a header can't have")
        lines.append(f"{name}: {value}")
    return "\r\n".join((*lines, "", "")).encode()


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
