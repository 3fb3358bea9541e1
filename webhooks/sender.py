"""One HTTP attempt, bounded in time and bytes."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import aiohttp

from webhooks.egress import AddressRefused, EgressPolicy
from webhooks.schedule import Answered, Failed, Outcome

_SECONDS = re.compile(r"\d{1,9}", re.ASCII)
"""Of a Retry-After; more digits than that are no answer to be taken seriously."""


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


class HttpSender:
    """Posts with one pooled client. No redirects, no cookies, no proxy from the environment."""

    def __init__(self, policy: EgressPolicy, settings: SenderSettings) -> None:
        self._settings = settings
        self._client = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=settings.connections,
                socket_factory=policy.socket_factory(),
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
        try:
            async with (
                asyncio.timeout(self._settings.deadline),
                self._client.post(
                    request.url, data=request.body, headers=request.headers, allow_redirects=False
                ) as response,
            ):
                await self._skim(response)
                return Answered(response.status, _retry_after(response.headers.get("Retry-After")))
        except TimeoutError:
            return Failed("TIMEOUT")
        except aiohttp.ClientConnectorCertificateError:
            return Failed("CERTIFICATE_INVALID")
        except aiohttp.ClientSSLError:
            return Failed("TLS_FAILED")
        except aiohttp.ClientConnectorDNSError:
            return Failed("NAME_NOT_RESOLVED")
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

    async def _skim(self, response: aiohttp.ClientResponse) -> None:
        """Read a short answer so that the connection can be used again; drop a long one."""
        read = 0
        async for chunk in response.content.iter_chunked(16 * 1024):
            read += len(chunk)
            if read >= self._settings.most_bytes:
                response.close()
                return


def _retry_after(value: str | None) -> float | None:
    """Read Retry-After in seconds; the form with a date is not honoured."""
    return float(value) if value is not None and _SECONDS.fullmatch(value.strip()) else None
