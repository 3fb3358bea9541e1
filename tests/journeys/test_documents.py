"""Documents and files, from the simulator's store to the vendor, over real HTTP."""

import asyncio
import base64
import logging
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest
from qonto_simulator import Simulator
from qonto_simulator.journal import Entry

from connector.app.sandbox import Sandbox, sandbox
from connector.app.settings import LogGroup
from connector.file_store import FileStore, StoredFile
from tests.journeys.conftest import fresh

pytestmark = [pytest.mark.loopback, pytest.mark.asyncio(loop_scope="module")]

BYTES = {"Accept": "application/octet-stream"}
PDF = {"Accept": "application/pdf"}


@pytest.fixture
def up(lasting: Sandbox) -> Sandbox:
    return fresh(lasting)


def store(
    simulator: Simulator, content: bytes, *, name: str = "f.pdf", kind: str = "application/pdf"
) -> str:
    """Put a file into the simulator's store; return the attachment's id."""
    world = simulator.world
    books = world.books[_linked(simulator)]
    return world.store_file(books, name, kind, lambda: content, world.now()).id


def _linked(simulator: Simulator) -> str:
    """The organisation that a link without a choice ends at."""
    return str(simulator.control.organizations()[0]["id"])


def stored(simulator: Simulator, attachment_id: str) -> bytes:
    return simulator.world.attachments[attachment_id].read()


def to_the_store(simulator: Simulator) -> list[Entry]:
    return simulator.recorder.entries(path="/files/")


async def record(client: httpx2.AsyncClient, kind: str) -> dict[str, Any]:
    """Return a record of a kind that has a file."""
    listed = (await client.get(f"/accounting/{kind}?limit=100")).json()["data"]
    return next(one for one in listed if one.get("fileId") or one.get("files"))


@pytest.mark.covers("GUIDE-35")
@pytest.mark.parametrize("target", ["qonto", "qonto-sandbox"])
@pytest.mark.parametrize("kind", ["invoices", "bills", "vendorCredits", "bookingProposals"])
async def test_a_document_is_byte_for_byte_that_of_the_store(
    up: Sandbox, target: str, kind: str
) -> None:
    """As base64 and as bytes; the store sees no Authorization, and the gate its own token."""
    simulator = up.simulators[target]
    async with up.client(await up.link(target)) as client:
        one = await record(client, kind)
        file_id = one.get("fileId") or one["files"][0]
        expected = stored(simulator, file_id)
        path = f"/accounting/{kind}/{one['id']}/document"
        as_json = await client.get(path)
        data = as_json.json()["data"]
        assert as_json.status_code == 200
        assert base64.b64decode(data["content"], validate=True) == expected
        assert (data["id"], data["base64Encoded"]) == (file_id, True)
        assert data["contentType"] == simulator.world.attachments[file_id].content_type
        assert data["fileName"] == simulator.world.attachments[file_id].file_name
        as_bytes = await client.get(path, headers={"Accept": data["contentType"]})
        assert as_bytes.status_code == 200
        assert as_bytes.content == expected
        assert as_bytes.headers["Content-Type"] == data["contentType"]
        assert as_bytes.headers["Content-Length"] == str(len(expected))
        assert as_bytes.headers["Content-Disposition"].startswith("attachment; filename=")
        assert as_bytes.headers["X-Content-Type-Options"] == "nosniff"
    asked = to_the_store(simulator)
    assert [entry.status for entry in asked] == [200, 200]
    for entry in asked:
        assert "authorization" not in entry.headers
        assert "cookie" not in entry.headers
        assert ("x-qonto-staging-token" in entry.headers) is (target == "qonto-sandbox")


@pytest.mark.parametrize("kind", ["offers", "creditNotes"])
async def test_offers_and_credit_notes_have_documents(up: Sandbox, kind: str) -> None:
    """Their records name no file, but Qonto's own do."""
    simulator = up.simulators["qonto"]
    async with up.client(await up.link("qonto")) as client:
        listed = (await client.get(f"/accounting/{kind}?limit=100&rawData=true")).json()
        (raws,) = [value for value in listed["rawData"].values() if isinstance(value, list)]
        one = next(raw for raw in raws if raw.get("attachment_id"))
        answer = await client.get(f"/accounting/{kind}/{one['id']}/document", headers=PDF)
        assert answer.content == stored(simulator, one["attachment_id"])


async def test_a_link_that_is_too_old_is_asked_for_again_once(up: Sandbox) -> None:
    simulator = up.simulators["qonto"]
    file_id = store(simulator, b"%PDF-1.7 hello")
    async with up.client(await up.link("qonto")) as client:
        simulator.control.fault("/files/*", "status", status=403, body="<Error/>", times=1)
        answer = await client.get(f"/accounting/files/{file_id}/document", headers=BYTES)
        assert answer.content == b"%PDF-1.7 hello"
        links = simulator.recorder.entries(path=f"/v2/attachments/{file_id}")
        assert len(links) == 2
        simulator.control.fault("/files/*", "status", status=403, body="<Error/>", times=5)
        refused = await client.get(f"/accounting/files/{file_id}/document")
        assert (refused.status_code, refused.json()["errors"]["code"]) == (502, "DOWNSTREAM_ERROR")
        assert len(to_the_store(simulator)) == 4


@pytest.mark.covers("GUIDE-36")
async def test_a_link_lives_half_an_hour_and_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half an hour passes between the link and its use; afterwards no database has a link."""
    database = tmp_path / "connector.db"
    async with sandbox(database=f"sqlite:///{database}") as up:
        simulator = up.simulators["qonto"]
        file_id = store(simulator, b"%PDF-1.7 hello")
        opened: list[str] = []

        async def late(self: FileStore, link: str, headers: Mapping[str, str]) -> StoredFile:
            if not opened:
                simulator.control.advance(31 * 60)
            opened.append(link)
            return await at_once(self, link, headers)

        at_once = FileStore.open
        monkeypatch.setattr(FileStore, "open", late)
        async with up.client(await up.link("qonto")) as client:
            answer = await client.get(f"/accounting/files/{file_id}/document", headers=BYTES)
        assert answer.content == b"%PDF-1.7 hello"
        assert [entry.status for entry in to_the_store(simulator)] == [403, 200]
        assert len(set(opened)) == 2
    with sqlite3.connect(database) as connection:
        dump = "\n".join(connection.iterdump())
    connection.close()
    assert "X-Amz" not in dump


@pytest.mark.covers("VER-03")
async def test_a_document_that_is_still_being_made_says_when_to_ask_again(up: Sandbox) -> None:
    """While the invoice names no file, and while the file it names isn't there yet."""
    simulator = up.simulators["qonto"]
    simulator.control.set_quirks(pdf_delay=10, file_delay=10)
    async with up.client(await up.link("qonto")) as client:
        made = simulator.control.create_invoice()
        path = f"/accounting/invoices/{made['id']}/document"
        for _ in range(2):
            answer = await client.get(path)
            assert answer.status_code == 404
            assert answer.json()["errors"]["code"] == "DOCUMENT_NOT_READY"
            assert answer.headers["Retry-After"] == "3"
            simulator.control.advance(11)
        ready = await client.get(path, headers=PDF)
        assert ready.status_code == 200
        assert ready.content.startswith(b"%PDF")
        assert ready.headers["Content-Type"] == "application/pdf"
        assert ready.headers["Content-Disposition"].startswith("attachment; filename=")


@pytest.mark.covers("VER-03")
async def test_a_draft_has_no_document_and_waiting_does_not_help(up: Sandbox) -> None:
    async with up.client(await up.link("qonto")) as client:
        listed = (await client.get("/accounting/invoices?status=DRAFT")).json()["data"]
        answer = await client.get(f"/accounting/invoices/{listed[0]['id']}/document")
        assert answer.status_code == 404
        assert answer.json()["errors"]["code"] == "DOCUMENT_NOT_READY"
        assert "draft" in answer.json()["errors"]["message"].lower()
        assert "Retry-After" not in answer.headers


async def test_a_bill_is_no_vendor_credit(up: Sandbox) -> None:
    async with up.client(await up.link("qonto")) as client:
        bill = await record(client, "bills")
        answer = await client.get(f"/accounting/vendorCredits/{bill['id']}/document")
        assert answer.status_code == 404


@pytest.mark.parametrize("wanted", ["unknown", "00000000-0000-0000-0000-000000000000", "%2e%2e"])
async def test_an_unknown_id_is_not_found(up: Sandbox, wanted: str) -> None:
    async with up.client(await up.link("qonto")) as client:
        for path in ("invoices", "bills", "offers", "bookingProposals", "files"):
            answer = await client.get(f"/accounting/{path}/{wanted}/document")
            assert (answer.status_code, answer.json()["errors"]["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ({"kind": "status", "status": 500}, 503, "DOWNSTREAM_UNAVAILABLE"),
        ({"kind": "status", "status": 404, "body": "<Error/>"}, 404, "NOT_FOUND"),
        ({"kind": "status", "status": 400, "body": "<Error/>"}, 502, "DOWNSTREAM_ERROR"),
        ({"kind": "html", "status": 200}, 502, "DOWNSTREAM_ERROR"),
        ({"kind": "drop"}, 503, "DOWNSTREAM_UNAVAILABLE"),
    ],
)
async def test_failures_of_the_store_are_told_in_the_usual_way(
    up: Sandbox, fault: dict[str, Any], status: int, code: str
) -> None:
    simulator = up.simulators["qonto"]
    file_id = store(simulator, b"%PDF")
    async with up.client(await up.link("qonto")) as client:
        for headers in ({}, BYTES):
            simulator.control.fault("/files/*", **fault)
            answer = await client.get(f"/accounting/files/{file_id}/document", headers=headers)
            assert (answer.status_code, answer.json()["errors"]["code"]) == (status, code)


@pytest.mark.covers("QX-06")
async def test_the_gate_before_the_store_is_told_as_a_missing_staging_token(up: Sandbox) -> None:
    simulator = up.simulators["qonto-sandbox"]
    file_id = store(simulator, b"%PDF")
    async with up.client(await up.link("qonto-sandbox")) as client:
        simulator.control.fault("/files/*", "html", status=200)
        answer = await client.get(f"/accounting/files/{file_id}/document")
        assert answer.status_code == 502
        assert answer.json()["errors"]["code"] == "SANDBOX_TOKEN_MISSING"


async def test_large_files_are_had_as_bytes_and_huge_ones_not_at_all(up: Sandbox) -> None:
    simulator = up.simulators["qonto"]
    large = bytes(range(256)) * (26 * 4096)
    large_id, huge_id = store(simulator, large), store(simulator, b"x" * (50 * 1024 * 1024 + 1))
    async with up.client(await up.link("qonto")) as client:
        refused = await client.get(f"/accounting/files/{large_id}/document")
        assert (refused.status_code, refused.json()["errors"]["code"]) == (
            400,
            "DOCUMENT_TOO_LARGE",
        )
        whole = await client.get(f"/accounting/files/{large_id}/document", headers=BYTES)
        assert whole.content == large
        for headers in ({}, BYTES):
            huge = await client.get(f"/accounting/files/{huge_id}/document", headers=headers)
            assert huge.json()["errors"]["code"] == "DOCUMENT_TOO_LARGE"


async def test_a_client_that_goes_away_leaves_no_file_open(up: Sandbox) -> None:
    """More clients leave in the middle than files may be open; the next is served at once."""
    simulator = up.simulators["qonto"]
    file_id = store(simulator, b"x" * (30 * 1024 * 1024))
    small_id = store(simulator, b"%PDF")
    async with up.client(await up.link("qonto")) as client:
        for _ in range(20):
            path = f"/accounting/files/{file_id}/document"
            async with client.stream("GET", path, headers=BYTES) as answer:
                async for _part in answer.aiter_raw():
                    break
        async with asyncio.timeout(30):
            after = await client.get(f"/accounting/files/{small_id}/document", headers=BYTES)
        assert after.content == b"%PDF"


async def test_a_file_name_from_outside_is_harmless(up: Sandbox) -> None:
    simulator = up.simulators["qonto"]
    file_id = store(simulator, b"%PDF", name='../a"; filename="é.exe')
    async with up.client(await up.link("qonto")) as client:
        answer = await client.get(f"/accounting/files/{file_id}/document", headers=BYTES)
        assert answer.headers["Content-Disposition"] == (
            'attachment; filename="a__ filename=_e.exe"; '
            "filename*=UTF-8''a__%20filename%3D_%C3%A9.exe"
        )


async def test_a_page_in_the_place_of_a_file_is_refused(up: Sandbox) -> None:
    """Qonto keeps no pages, so that one comes from something between."""
    simulator = up.simulators["qonto"]
    file_id = store(simulator, b"<script>", kind="text/html")
    async with up.client(await up.link("qonto")) as client:
        answer = await client.get(f"/accounting/files/{file_id}/document", headers=BYTES)
        assert (answer.status_code, answer.json()["errors"]["code"]) == (502, "DOWNSTREAM_ERROR")


async def test_the_files_of_a_transaction_are_listed(up: Sandbox) -> None:
    """A page with raw data only when asked for; each file is had by its id, without a link."""
    simulator = up.simulators["qonto"]
    async with up.client(await up.link("qonto")) as client:
        books = simulator.world.books[_linked(simulator)]
        account = next(iter(books.transactions.values()))
        transaction = next(iter(account))
        file_id = store(simulator, b"\x89PNG\r\n\x1a\n", name="receipt.png", kind="image/png")
        transaction.attachment_ids.append(file_id)
        path = f"/accounting/files?transactionId={transaction.id}"
        listed = (await client.get(path)).json()
        assert [one["id"] for one in listed["data"]] == [file_id]
        assert listed["meta"]["pagination"]["total"] == 1
        assert listed["rawData"] is None
        raw = (await client.get(f"{path}&rawData=true")).json()
        assert raw["rawData"]["attachments"][0]["id"] == file_id
        single = (await client.get(f"/accounting/files/{file_id}")).json()
        assert single["data"] == listed["data"][0]
        assert single["data"]["fileName"] == "receipt.png"
        assert "X-Amz-Signature" not in str(listed) + str(single)
        image = await client.get(
            f"/accounting/files/{file_id}/document", headers={"Accept": "image/*"}
        )
        assert image.headers["Content-Type"] == "image/png"


async def test_files_that_belong_to_nothing_can_not_be_listed(up: Sandbox) -> None:
    async with up.client(await up.link("qonto")) as client:
        answer = await client.get("/accounting/files")
        assert answer.status_code == 400
        (field,) = answer.json()["errors"]["validationErrors"]
        assert (field["field"], field["code"]) == ("transactionId", "REQUIRED")
        assert "fileId" in answer.json()["errors"]["message"]
        unknown = await client.get("/accounting/files?transactionId=unknown")
        assert unknown.status_code == 404


async def test_what_may_be_uploaded_is_not_taken_for_an_id(up: Sandbox) -> None:
    simulator = up.simulators["qonto"]
    async with up.client(await up.link("qonto")) as client:
        simulator.control.clear_journal()
        types = (await client.get("/accounting/files/documentTypes")).json()["data"]
        extensions = (await client.get("/accounting/files/documentExtensions")).json()["data"]
    assert all(set(one) == {"name", "category"} for one in types)
    assert extensions == {"allowed_file_extensions": ["pdf", "jpg", "jpeg", "png"]}
    assert simulator.recorder.entries() == []


async def test_a_consent_without_files_is_named(up: Sandbox) -> None:
    simulator = up.simulators["qonto"]
    body = {"errors": [{"code": "forbidden", "detail": "missing required oauth scope: x"}]}
    file_id = store(simulator, b"%PDF")
    async with up.client(await up.link("qonto")) as client:
        simulator.control.fault("/v2/attachments/*", "status", status=403, body=body)
        answer = await client.get(f"/accounting/files/{file_id}/document")
        assert (answer.status_code, answer.json()["errors"]["code"]) == (403, "MISSING_SCOPE")
        assert "attachment.read" in answer.json()["errors"]["message"]


async def test_no_link_to_a_file_is_in_logs_or_errors(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Through success, every kind of failure, and a client that leaves; at the level debug."""
    seen: list[str] = []
    caplog.set_level(logging.DEBUG)
    async with sandbox(log=LogGroup(level="debug", format="json")) as up:
        simulator = up.simulators["qonto"]
        file_id = store(simulator, b"x" * 1_000_000)
        path = f"/accounting/files/{file_id}/document"
        async with up.client(await up.link("qonto")) as client:
            faults: tuple[dict[str, Any] | None, ...] = (
                None,
                {"kind": "status", "status": 403, "body": "<Error/>", "times": 2},
                {"kind": "status", "status": 500},
                {"kind": "html", "status": 200},
                {"kind": "drop"},
                {"kind": "lost_response"},
            )
            for fault in faults:
                for headers in ({}, BYTES):
                    if fault is not None:
                        simulator.control.fault("/files/*", **fault)
                    answer = await client.get(path, headers=headers)
                    if answer.headers["Content-Type"] == "application/json":
                        seen.append(answer.text)
            async with client.stream("GET", path, headers=BYTES) as left:
                assert left.status_code == 200
    captured = capfd.readouterr()
    logged = captured.out + captured.err + caplog.text
    assert "http.request" in logged, "nothing was logged, so nothing was tested"
    assert "/files/{fileId}/document" in logged
    for text in (logged, *seen):
        assert "X-Amz" not in text
        assert f"/files/{file_id}/f.pdf" not in text
