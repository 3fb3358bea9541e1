"""Documents in a bucket of S3, or of something that speaks its protocol.

A document is spooled to disk, and uploaded when it is whole: in parts if it is large, which S3 puts
together at the end. The index holds a small JSON file for each, since there are no links.
"""

import asyncio
import hashlib
import json
import re
import tempfile
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from connector.copying.documents.failing import DocumentStoreFailed
from connector.copying.documents.names import content_path, is_digest, paths_of
from connector.copying.documents.spooling import SpooledDocument, in_thread, spool
from connector.copying.ports import StoredDocument

_PART = 8 << 20
_AT_ONCE = 2
"""Parts in memory at a time."""
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,63}/[A-Za-z0-9!#$&^_.+-]{1,63}", re.ASCII)


class S3Documents:
    """Stores documents in a bucket. Credentials come from the environment, as for AWS's tools.

    `endpoint` is that of another service than AWS.
    """

    def __init__(
        self,
        bucket: str,
        prefix: str = "",
        *,
        endpoint: str | None = None,
        region: str | None = None,
    ) -> None:
        chosen: dict[str, Any] = {"endpoint": endpoint} if endpoint else {}
        if region:
            chosen["region"] = region
        self._store = S3Store(
            bucket,
            prefix=prefix or None,
            checksum_algorithm="SHA256",
            client_options={
                "allow_http": bool(endpoint and endpoint.startswith("http://")),
                "connect_timeout": timedelta(seconds=10),
                "timeout": timedelta(seconds=120),
            },
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=60)},
            **chosen,
        )
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._spool = tempfile.TemporaryDirectory(prefix="copied-documents-")

    async def put(
        self,
        account_id: str,
        resource: str,
        record_id: str,
        file_name: str | None,
        content_type: str,
        chunks: AsyncIterator[bytes],
    ) -> StoredDocument:
        """Store a document as a whole, or not at all when `chunks` raises."""
        spooled = await spool(chunks, Path(self._spool.name), lambda whole: whole)
        try:
            paths = paths_of(
                spooled.digest, account_id, resource, record_id, file_name, content_type
            )
            stored = StoredDocument(spooled.digest, spooled.size, paths.content)
            kind = content_type.partition(";")[0].strip()
            kind = kind if _MEDIA_TYPE.fullmatch(kind) else "application/octet-stream"
            with _told():
                turn = self._turns.setdefault(spooled.digest, asyncio.Lock())
                async with turn:  # the same document is sent once
                    await self._keep(spooled, paths.content, kind)
                await obstore.put_async(
                    self._store,
                    f"{paths.index}.json",
                    _index_of(stored, file_name, kind),
                    attributes={"Content-Type": "application/json"},
                )
            return stored
        finally:
            await in_thread(spooled.remove)

    async def has(self, digest: str) -> bool:
        """Say whether bytes of that digest are stored."""
        with _told():
            return is_digest(digest) and await self._size(content_path(digest)) is not None

    async def damaged(self) -> list[str]:
        """Read all that is stored, and return the digests whose bytes are others by now."""
        found: list[str] = []
        with _told():
            async for page in obstore.list(self._store, "content"):
                for one in page:
                    digest = hashlib.sha256()
                    got = await obstore.get_async(self._store, one["path"])
                    async for chunk in got.stream():
                        digest.update(chunk)
                    name = one["path"].rpartition("/")[2]
                    if digest.hexdigest() != name:
                        found.append(name)
        return sorted(found)

    async def close(self) -> None:
        """Remove the folder in which documents waited."""
        await in_thread(self._spool.cleanup)

    async def _keep(self, spooled: SpooledDocument, content: str, kind: str) -> None:
        if await self._size(content) == spooled.size:
            return
        await obstore.put_async(
            self._store,
            content,
            spooled.path,
            attributes={"Content-Type": kind},
            use_multipart=spooled.size > _PART,
            chunk_size=_PART,
            max_concurrency=_AT_ONCE,
        )
        if await self._size(content) != spooled.size:
            raise DocumentStoreFailed("The bucket has another size of a document than was sent.")

    async def _size(self, path: str) -> int | None:
        try:
            return (await obstore.head_async(self._store, path))["size"]
        except FileNotFoundError:
            return None


def _index_of(stored: StoredDocument, file_name: str | None, content_type: str) -> bytes:
    told = {
        "digest": stored.digest,
        "size": stored.size,
        "path": stored.path,
        "fileName": file_name,
        "contentType": content_type,
    }
    return json.dumps(told).encode()


@contextmanager
def _told() -> Generator[None]:
    """Say what failed in words of ours: the library's have addresses in them."""
    try:
        yield
    except (PermissionDeniedError, UnauthenticatedError, PermissionError):
        raise DocumentStoreFailed("The bucket refuses the credentials.") from None
    except FileNotFoundError:
        raise DocumentStoreFailed("There is no such bucket.") from None
    except BaseError:
        raise DocumentStoreFailed("The bucket can't be reached, or it failed.") from None
