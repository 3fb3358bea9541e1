"""What every store of documents does: bytes by their content, whole or not at all."""

import asyncio
import hashlib
from collections.abc import Callable

import pytest

from connector.copying.documents.folder import FolderDocuments
from connector.copying.documents.s3 import S3Documents
from connector.copying.ports import DocumentStore, StoredDocument
from tests.connector.copying.documents.samples import broken_off, chunks_of, megabytes

Opens = Callable[[], DocumentStore]
pytestmark = pytest.mark.loopback

PDF = b"%PDF-1.7 a document"
DIGEST = hashlib.sha256(PDF).hexdigest()


async def put(store: DocumentStore, *chunks: bytes, record: str = "i1") -> StoredDocument:
    """Store a document."""
    return await store.put(
        "acc_1", "invoices", record, "F 1.pdf", "application/pdf", chunks_of(*chunks)
    )


async def test_a_document_is_stored_by_its_content(opens: Opens) -> None:
    store = opens()
    assert not await store.has(DIGEST)
    stored = await put(store, PDF[:5], b"", PDF[5:])
    assert stored == StoredDocument(DIGEST, len(PDF), f"content/{DIGEST[:2]}/{DIGEST}")
    assert await store.has(DIGEST)
    assert not await store.has(DIGEST[:-1] + "x")
    assert not await store.has("../content")
    await store.close()
    again = opens()
    assert await put(again, PDF, record="another") == stored
    assert await again.has(DIGEST)
    await again.close()


async def test_an_empty_document_is_one(opens: Opens) -> None:
    store = opens()
    stored = await put(store)
    assert (stored.size, stored.digest) == (0, hashlib.sha256().hexdigest())
    assert await store.has(stored.digest)
    await store.close()


async def test_what_breaks_off_is_not_stored_and_fails_as_it_did(opens: Opens) -> None:
    store = opens()
    with pytest.raises(ConnectionError, match="went away"):
        await store.put(
            "acc_1", "invoices", "i1", None, "application/pdf", broken_off(PDF, b"x" * (1 << 21))
        )
    assert not await store.has(DIGEST)
    await put(store, PDF)
    assert await damaged(store) == []
    await store.close()


async def test_whoever_gives_up_leaves_nothing(opens: Opens) -> None:
    store = opens()
    began = asyncio.Event()

    async def endless():
        yield PDF
        began.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(
        store.put("acc_1", "invoices", "i1", None, "application/pdf", endless())
    )
    await asyncio.wait_for(began.wait(), 30)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not await store.has(DIGEST)
    await store.close()


async def test_the_same_document_may_come_from_many_at_once(opens: Opens) -> None:
    store = opens()
    stored = await asyncio.gather(*(put(store, PDF, record=f"i{one}") for one in range(12)))
    assert {one.digest for one in stored} == {DIGEST}
    assert await damaged(store) == []
    await store.close()


async def test_a_document_of_many_parts_is_put_together(opens: Opens) -> None:
    store = opens()
    digest = hashlib.sha256()
    async for chunk in megabytes(20):
        digest.update(chunk)
    stored = await store.put("a", "invoices", "i", None, "application/pdf", megabytes(20))
    assert (stored.size, stored.digest) == (20 << 20, digest.hexdigest())
    assert await damaged(store) == []
    await store.close()


async def damaged(store: DocumentStore) -> list[str]:
    """Check all that is stored."""
    assert isinstance(store, FolderDocuments | S3Documents)
    return await store.damaged()
