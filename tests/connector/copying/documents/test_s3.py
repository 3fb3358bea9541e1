"""A bucket of documents, on a server that speaks S3's protocol."""

import hashlib
import json
import sys
from typing import Any

import obstore
import pytest
from obstore.store import S3Store

from connector.copying.documents.failing import DocumentStoreFailed
from connector.copying.documents.opening import open_documents
from connector.copying.documents.s3 import S3Documents
from connector.copying.ports import DocumentStore
from storage.errors import Invalid
from tests.connector.copying.documents.samples import broken_off, chunks_of
from tests.connector.copying.documents.test_folder import peaks
from tests.support import s3

pytestmark = pytest.mark.loopback

PDF = b"%PDF-1.7 a document"
DIGEST = hashlib.sha256(PDF).hexdigest()
SECRET = "hunter2"


def seen(url: str) -> S3Store:
    """Look at a store with other means."""
    prefix = url.partition("?")[0].removeprefix(f"s3://{s3.BUCKET}/")
    endpoint = url.rpartition("endpoint=")[2]
    return S3Store(
        s3.BUCKET,
        prefix=prefix,
        endpoint=endpoint,
        region="us-east-1",
        client_options={"allow_http": True},
    )


async def put(store: DocumentStore, content_type: str = "application/pdf") -> None:
    await store.put("acc_1", "invoices", "i/1", "F ü 1.pdf", content_type, chunks_of(PDF))


async def test_the_bucket_has_the_bytes_and_says_whose_they_are(bucket: str) -> None:
    store = open_documents(bucket)
    await put(store)
    await store.close()
    found = sorted(one["path"] for one in obstore.list(seen(bucket)).collect())
    assert found[0] == f"content/{DIGEST[:2]}/{DIGEST}"
    assert found[1].startswith("records/acc_1/invoices/i_1-")
    assert found[1].endswith(f"/F ü 1-{DIGEST[:8]}.pdf.json")
    got = await obstore.get_async(seen(bucket), found[0])
    assert bytes(await got.bytes_async()) == PDF
    assert got.attributes["Content-Type"] == "application/pdf"
    told = await (await obstore.get_async(seen(bucket), found[1])).bytes_async()
    assert json.loads(bytes(told)) == {
        "digest": DIGEST,
        "size": len(PDF),
        "path": found[0],
        "fileName": "F ü 1.pdf",
        "contentType": "application/pdf",
    }


async def test_a_content_type_that_is_none_does_no_harm(bucket: str) -> None:
    store = open_documents(bucket)
    await put(store, "text/html\r\nX-Amz-Acl: public-read")
    await store.close()
    got = await obstore.get_async(seen(bucket), f"content/{DIGEST[:2]}/{DIGEST}")
    assert got.attributes["Content-Type"] == "application/octet-stream"


async def test_nothing_is_seen_of_what_breaks_off(bucket: str) -> None:
    store = open_documents(bucket)
    with pytest.raises(ConnectionError):
        await store.put("a", "bills", "b", None, "x/y", broken_off(b"x" * (20 << 20)))
    await store.close()
    assert obstore.list(seen(bucket)).collect() == []


async def test_damage_is_found(bucket: str) -> None:
    store = open_documents(bucket)
    assert isinstance(store, S3Documents)
    await put(store)
    assert await store.damaged() == []
    await obstore.put_async(seen(bucket), f"content/{DIGEST[:2]}/{DIGEST}", PDF[:-1])
    assert await store.damaged() == [DIGEST]
    await put(store)
    assert await store.damaged() == []
    await store.close()


async def test_what_the_bucket_refuses_is_told_without_addresses(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    store = open_documents(bucket)
    with pytest.raises(DocumentStoreFailed, match="refuses the credentials") as refused:
        await put(store)
    await store.close()
    assert refused.value.__cause__ is None
    assert "127.0.0.1" not in str(refused.value)


async def test_a_bucket_that_is_not_there_or_cannot_be_reached_is_told(
    bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_documents(bucket.replace(f"/{s3.BUCKET}/", "/another/"))
    with pytest.raises(DocumentStoreFailed, match="no such bucket"):
        await put(store)
    await store.close()
    store = open_documents("s3://documents?region=us-east-1&endpoint=http://127.0.0.1:1")
    with pytest.raises(DocumentStoreFailed, match="can't be reached"):
        await store.has(DIGEST)
    await store.close()


async def test_a_large_document_takes_no_more_memory_than_some_parts(
    bucket: str, figure: Any
) -> None:
    before, after = peaks(bucket, 40)
    figure("documents in a bucket: peak after 40 MB and after 200 MB, MiB", f"{before}, {after}")
    assert after - before < 64  # some parts more or less, of 200 MB


@pytest.mark.parametrize(
    "to",
    [
        "",
        "documents",
        "folder:",
        "folder:a\0b",
        "folder:/not/there/documents",
        "gs://bucket",
        "s3:bucket",
        "s3://",
        f"s3://key:{SECRET}@bucket/x",
        f"s3://bucket/x?secret={SECRET}",
        f"s3://bucket?endpoint=https://key:{SECRET}@host",
        "s3://bucket?endpoint=file:///etc",
        "s3://bucket?endpoint=http://[x",
        "s3://bucket?region=a&region=b",
        "s3://bucket?region",
    ],
)
def test_what_names_no_store_is_refused_without_being_shown(to: str) -> None:
    with pytest.raises(Invalid) as refused:
        open_documents(to)
    assert SECRET not in str(refused.value)
    assert refused.value.fields[0].code == "STORE_UNKNOWN"


def test_what_has_to_be_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import connector.copying.documents as package

    monkeypatch.delitem(sys.modules, "connector.copying.documents.s3", raising=False)
    monkeypatch.delattr(package, "s3", raising=False)
    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(Invalid, match=r"pip install 'qonto-connector\[s3\]'"):
        open_documents("s3://bucket")
