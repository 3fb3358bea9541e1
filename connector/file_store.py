"""The store in which a target system keeps its files, reached by links that it hands out.

A link is a secret for as long as it works. It is never kept, logged or part of an error; no
credentials go with it but the headers that the caller names, and no redirect is followed.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2

from connector.errors import (
    DocumentGone,
    DocumentNotFound,
    DocumentTooLarge,
    DownstreamError,
    DownstreamTimeout,
    DownstreamUnavailable,
    RateLimited,
    gate_answered,
)
from connector.http import USER_AGENT, Observe, ignore
from connector.transport.client import ProviderHttp
from storage.errors import ServiceError

LARGEST = 50 * 1024 * 1024
"""Bytes that a file may have."""

_ROUTE = "/files/{link}"
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}")


@dataclass(frozen=True, slots=True)
class StoreLimits:
    """How long and how much; times in seconds. `read` is the wait for the next bytes."""

    connect: float = 5.0
    read: float = 15.0
    largest: int = LARGEST
    at_once: int = 16
    queue: float = 10.0


class FileLinkRefused(DownstreamError):
    """The store doesn't take the link, as a rule because it is too old; a newer one may do."""


class FileStore:
    """Opens files by their links.

    `plain_http` takes http:// links, for an API that is itself at such an address. `gated` says
    that a gate stands before the store and answers with pages or redirects when its own token is
    missing.
    """

    def __init__(
        self,
        http: ProviderHttp,
        name: str,
        *,
        plain_http: bool = False,
        gated: bool = False,
        limits: StoreLimits | None = None,
        observe: Observe = ignore,
    ) -> None:
        self._http = http
        self._name = name
        self._schemes = ("https", "http") if plain_http else ("https",)
        self._gated = gated
        self._limits = limits or StoreLimits()
        self._timeout = httpx2.Timeout(self._limits.read, connect=self._limits.connect).as_dict()
        self._observe = observe
        self._places = asyncio.Semaphore(self._limits.at_once)

    async def open(self, link: str, headers: Mapping[str, str]) -> "StoredFile":
        """Ask for a file and answer it opened; whoever gets it closes it.

        Raises FileLinkRefused, DocumentNotFound, DocumentGone, DocumentTooLarge, and what is below
        DownstreamError.
        """
        self._check(link)
        try:
            async with asyncio.timeout(self._limits.queue):
                await self._places.acquire()
        except TimeoutError:
            raise RateLimited(
                "Too many files are being read at once. Try again.", retry_after=5
            ) from None
        try:
            return await self._opened(link, headers)
        except BaseException:
            self._places.release()
            raise

    def _check(self, link: str) -> None:
        try:
            parts = urlsplit(link)
            is_fit = parts.scheme in self._schemes and bool(parts.hostname) and not parts.username
        except ValueError:
            is_fit = False
        if not is_fit:
            raise DownstreamError(f"{self._name} gave a link to the file that can't be followed.")

    async def _opened(self, link: str, headers: Mapping[str, str]) -> "StoredFile":
        response = await self._ask(link, headers)
        try:
            error = self._refusal(response)
            if error is not None:
                raise error
            return StoredFile(response, self._name, self._limits.largest, self._places.release)
        except BaseException:
            await response.aclose()
            raise

    async def _ask(self, link: str, headers: Mapping[str, str]) -> httpx2.Response:
        started = time.monotonic()
        status: int | None = None
        # whatever goes wrong is told without its cause, which would hold the link
        try:
            request = httpx2.Request(
                "GET",
                link,
                headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity", **headers},
                extensions={"timeout": self._timeout},
            )
            # by itself: cookies are for all accounts, and a link is all that a store may be told
            response = await self._http.ask(request)
            status = response.status_code
        except httpx2.TimeoutException:
            raise self._late() from None
        except httpx2.RequestError:
            raise DownstreamUnavailable(
                f"{self._name}'s files can't be reached. Try again later."
            ) from None
        except httpx2.InvalidURL:
            raise DownstreamError(
                f"{self._name} gave a link to the file that can't be followed."
            ) from None
        finally:
            self._observe("GET", _ROUTE, status, time.monotonic() - started)
        return response

    def _late(self) -> DownstreamTimeout:
        return DownstreamTimeout(f"{self._name} did not send the file in time. Try again.")

    def _refusal(self, response: httpx2.Response) -> ServiceError | None:
        """Return why the store's answer is of no use; its body is never read for that."""
        status, name = response.status_code, self._name
        is_page = "html" in response.headers.get("Content-Type", "").lower()
        if 300 <= status < 400 or (status < 500 and is_page):
            if self._gated:
                return gate_answered()
            return DownstreamError(
                f"{name} answered with a web page or a redirect instead of a file.", status=status
            )
        if status == 200:
            size = _length_of(response)
            return too_large(self._limits.largest) if (size or 0) > self._limits.largest else None
        if status == 403:
            return FileLinkRefused(
                f"{name} refuses the link to the file that it gave. Try again.", status=status
            )
        if status == 404:
            return DocumentNotFound(f"{name} does not have the bytes of that file.")
        if status == 410:
            return DocumentGone(f"{name} has deleted that file for good.")
        if status == 429 or status >= 500:
            return DownstreamUnavailable(
                f"{name} failed to send the file ({status}). Try again later.", status=status
            )
        return DownstreamError(f"{name} does not send the file ({status}).", status=status)


class StoredFile:
    """An opened file. `size` is None when it isn't said, or isn't the size of what is sent on."""

    def __init__(
        self, response: httpx2.Response, name: str, largest: int, released: Callable[[], None]
    ) -> None:
        self._response = response
        self._name = name
        self._largest = largest
        self._released: Callable[[], None] | None = released
        self.size = _length_of(response)
        self.content_type = media_type(response.headers.get("Content-Type"))

    async def chunks(self) -> AsyncIterator[bytes]:
        """Stream the bytes. Raises when they stop coming, end too early or are too many."""
        size = 0
        try:
            async for chunk in self._response.aiter_bytes():
                size += len(chunk)
                if size > self._largest:
                    raise too_large(self._largest)
                yield chunk
        except httpx2.TimeoutException:
            raise DownstreamTimeout(f"{self._name} stopped sending the file. Try again.") from None
        except httpx2.RequestError:
            raise DownstreamUnavailable(
                f"{self._name} broke off in the middle of the file. Try again."
            ) from None

    async def close(self) -> None:
        """Let go of the connection; a file that wasn't read to its end ends it."""
        released, self._released = self._released, None
        if released is None:
            return
        released()
        await self._response.aclose()


def too_large(largest: int) -> DocumentTooLarge:
    """Say that a file has more bytes than are read."""
    return DocumentTooLarge(
        f"The file is larger than {largest // (1024 * 1024)} MB, which is the most that is read."
    )


def media_type(text: str | None) -> str | None:
    """Read a media type without its parameters, in lower case; None when it isn't one."""
    bare = (text or "").partition(";")[0].strip().lower()
    return bare if _MEDIA_TYPE.fullmatch(bare) else None


def _length_of(response: httpx2.Response) -> int | None:
    if "Content-Encoding" in response.headers:
        return None  # it would be the length before unpacking
    text = response.headers.get("Content-Length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None
