"""Many bills from files, through the shipped app: batches, fates, lost answers, tasks."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from connector.app.sandbox import Sandbox
from tests.journeys.uploading import BULK, Uploader, digests, named, pdf, uploader

pytestmark = [pytest.mark.loopback, pytest.mark.asyncio(loop_scope="module")]

MEGABYTE = 1024 * 1024


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def linked(lasting: Sandbox) -> AsyncIterator[Uploader]:
    async with uploader(lasting) as one:
        yield one


@pytest.fixture
def up(linked: Uploader) -> Uploader:
    return linked.begin()


@pytest.mark.covers("GUIDE-60")
@pytest.mark.covers("GUIDE-68")
async def test_one_batch_is_one_request(up: Uploader) -> None:
    """Each file with a key of its own; the bills are in review."""
    files = named("a", "b", "c")
    answer = await up.bulk(files)
    assert answer.status_code == 201, answer.text
    data = answer.json()["data"]
    assert (data["status"], data["taskId"]) == ("SUCCESS", None)
    assert [(one["index"], one["fileName"], one["code"]) for one in data["items"]] == [
        (0, "a.pdf", None),
        (1, "b.pdf", None),
        (2, "c.pdf", None),
    ]
    assert len(up.calls(BULK)) == 1
    assert len(up.books.upload_keys) == 3
    assert up.calls("/v2/attachments") == []
    assert up.contents() == digests(files)
    bill = (await up.client.get(f"/accounting/bills/{data['items'][0]['billId']}")).json()["data"]
    assert (bill["fileName"], bill["status"], bill["paymentStatus"]) == (
        "a.pdf",
        "SUBMITTED",
        "PENDING",
    )
    assert up.books.supplier_invoices.get(bill["id"]).status == "to_review"  # type: ignore[union-attr]


@pytest.mark.covers("GUIDE-62")
async def test_limits_of_a_file(up: Uploader) -> None:
    """Ten megabytes pass, a byte more doesn't, nor what is no PDF; the others are made."""
    files = [
        ("fits.pdf", pdf("fits", 10 * MEGABYTE)),
        ("large.pdf", pdf("large", 10 * MEGABYTE + 1)),
        ("text.pdf", b"only a name"),
        ("empty.pdf", b""),
    ]
    answer = await up.bulk(files)
    assert answer.status_code == 201, answer.text
    data = answer.json()["data"]
    assert data["status"] == "PARTIAL_SUCCESS"
    assert [one["code"] for one in data["items"]] == [
        None,
        "FILE_TOO_LARGE",
        "FILE_TYPE_NOT_ALLOWED",
        "EMPTY_FILE",
    ]
    assert up.contents() == digests(files[:1])
    nothing = await up.bulk(files[1:])
    assert nothing.status_code == 400
    assert [
        (one["field"], one["code"]) for one in nothing.json()["errors"]["validationErrors"]
    ] == [
        ("files.0", "FILE_TOO_LARGE"),
        ("files.1", "FILE_TYPE_NOT_ALLOWED"),
        ("files.2", "EMPTY_FILE"),
    ]


@pytest.mark.covers("GUIDE-65")
async def test_a_file_that_qonto_refuses(up: Uploader) -> None:
    """Its words are told at its place, and the whole is never called a success."""
    body = {
        "supplier_invoices": [],
        "errors": [
            {
                "code": "invalid",
                "detail": "File is too large or wrong content type",
                "source": {"pointer": "/supplier_invoices/0/file"},
            }
        ],
    }
    up.simulator.control.fault(BULK, "status", status=200, body=body)
    answer = await up.bulk(named("a"))
    assert answer.status_code == 400
    assert "wrong content type" in answer.text
    assert (await up.bulk(named("a"))).status_code == 201


@pytest.mark.covers("GUIDE-64")
async def test_again_with_the_same_key(up: Uploader) -> None:
    """Nothing is made twice; another request under the key, and a file twice, are refused."""
    files = named("a", "b")
    first = await up.bulk(files, "k-1")
    again = await up.bulk(files, "k-1")
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json()["data"] == first.json()["data"]
    assert len(up.calls(BULK)) == 1
    other = await up.bulk(named("a", "c"), "k-1")
    assert (other.status_code, other.json()["errors"]["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")
    twice = await up.bulk([*files, ("b again.pdf", files[1][1])])
    assert twice.status_code == 400
    assert "DUPLICATE_ITEM" in twice.text
    assert up.contents() == digests(files)


@pytest.mark.covers("GUIDE-66")
@pytest.mark.parametrize("kind", ["status", "lost_response", "drop"])
async def test_a_lost_answer(up: Uploader, kind: str) -> None:
    """The request is repeated with the same keys, and each bill is there once."""
    up.simulator.control.fault(BULK, kind, status=500)  # type: ignore[arg-type]
    files = named("a", "b")
    answer = await up.bulk(files)
    assert answer.status_code == 201, answer.text
    assert up.contents() == digests(files)
    assert len(up.calls(BULK)) == 2
    assert len(up.books.upload_keys) == 2


async def test_answers_lost_for_long(up: Uploader) -> None:
    """The bills are found when even the repetitions said nothing.

    Where others look the same, from just before, the request is repeated once more.
    """
    files = named("p", "q")
    for calls in (3, 4):
        up.begin()
        up.simulator.control.fault(BULK, "lost_response", times=3)
        answer = await up.bulk(files, f"k-2-{calls}")
        assert answer.status_code == 201, answer.text
        assert len(up.calls(BULK)) == calls
        assert up.contents() == digests(files)
        assert all(one["billId"] for one in answer.json()["data"]["items"])


@pytest.mark.covers("GUIDE-63", "MAE-102")
@pytest.mark.covers("MAE-104")
async def test_more_than_one_batch_is_a_task(up: Uploader) -> None:
    """45 files are three bulk requests; asking again with the key is told the same task."""
    files = named(*(f"many-{number}" for number in range(45)))
    files[7] = ("seven.pdf", b"no PDF")
    answer = await up.bulk(files, "k-3")
    assert answer.status_code == 202, answer.text
    begun = answer.json()["data"]
    assert begun["items"] == [
        {
            "index": 7,
            "fileName": "seven.pdf",
            "fileId": None,
            "billId": None,
            "code": "FILE_TYPE_NOT_ALLOWED",
            "message": "seven.pdf is none of: PDF.",
        }
    ]
    task = await up.task(begun["taskId"])
    assert task["status"] == "PARTIAL_SUCCESS"
    told = task["responseData"]
    assert [one["index"] for one in told["items"]] == list(range(45))
    assert [one["fileName"] for one in told["items"]] == [name for name, _ in files]
    assert sum(one["billId"] is not None for one in told["items"]) == 44
    assert len(up.calls(BULK)) == 3
    assert len(up.books.upload_keys) == 44
    assert up.contents() == digests([*files[:7], *files[8:]])
    again = await up.bulk(files, "k-3")
    assert (again.status_code, again.json()["data"]["taskId"]) == (202, begun["taskId"])
    assert len(up.calls(BULK)) == 3
    other = await up.bulk(files[:30], "k-3")
    assert other.status_code == 409


async def test_a_task_whose_answers_are_lost(up: Uploader) -> None:
    """Each bill is there once all the same."""
    up.simulator.control.fault("/v2/attachments", "lost_response", times=2)
    up.simulator.control.fault(BULK, "lost_response", times=4)
    files = named(*(f"lost-{number}" for number in range(25)))
    answer = await up.bulk(files)
    assert answer.status_code == 202, answer.text
    task = await up.task(answer.json()["data"]["taskId"])
    assert task["status"] == "SUCCESS", task
    assert up.contents() == digests(files)


@pytest.mark.covers("GUIDE-67")
async def test_ids_of_files_instead(up: Uploader) -> None:
    """Either files or ids; what Qonto doesn't know fails alone."""
    known = [await up.file(pdf(text)) for text in ("x", "y")]
    unknown = "0b5e1f7e-1111-4222-8333-444455556666"
    answer = await up.post("bills/bulk", {"fileIds": [known[0], "nonsense", unknown, known[1]]})
    assert answer.status_code == 201, answer.text
    items = answer.json()["data"]["items"]
    assert [one["code"] for one in items] == [None, "NOT_FOUND", "INVALID", None]
    assert [items[0]["fileId"], items[3]["fileId"]] == known
    twice = await up.post("bills/bulk", {"fileIds": [known[0], known[0]]})
    assert (twice.status_code, "DUPLICATE_ITEM" in twice.text) == (400, True)
    neither = await up.post("bills/bulk", {})
    assert (neither.status_code, "EITHER_OR" in neither.text) == (400, True)
    both = await up.send("bills/bulk", named("z"), fields={"fileIds": known[0]})
    assert both.status_code == 400


async def test_only_checked(up: Uploader) -> None:
    """A dry run counts what would be made, and sends nothing."""
    for files, expected in (
        (named("a", "b"), {"bills": 2}),
        (named(*(f"n{number}" for number in range(21))), {"bills": 21, "requests": 2}),
    ):
        answer = await up.bulk(files, query="?dryRun=true")
        assert answer.status_code == 200, answer.text
        assert answer.json()["data"]["expected"] == expected
    assert up.calls(BULK) == []


async def test_too_much(up: Uploader) -> None:
    """More files than a request may bring, and more bytes than the operator lets it have."""
    many = await up.bulk(named(*(f"m{number}" for number in range(501))))
    assert (many.status_code, "TOO_MANY_FILES" in many.text) == (400, True)
    plain = await up.client.post("/accounting/bills", content=b" " * (MEGABYTE + 1))
    assert plain.status_code == 413
    form = await up.send("invoices", [("a.pdf", pdf("a", MEGABYTE + 1))])
    assert form.status_code == 413


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=", b"x"),
        ("multipart/form-data; boundary=x", b""),
        ("multipart/form-data; boundary=x", b"garbage"),
        ("multipart/form-data; boundary=x", b"--x\r\nA: b\r\n\r\nc\r\n--x--\r\n"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.pdf"\r\n\r\n%PDF-',
        ),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="other"; filename="a"\r\n\r\nb\r\n--x--',
        ),
        ("multipart/form-data; boundary=x", b"--x\r\n" + b"H" * 9000 + b": b\r\n\r\nc\r\n--x--"),
        ("multipart/form-data; boundary=" + "y" * 300, b"x"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="f"\r\n\r\n' + b"\xff\xfe\r\n--x--\r\n",
        ),
        ("multipart/form-data; boundary=x", b"--x--\r\n"),
        ("application/json", b"[1]"),
    ],
)
async def test_garbage(up: Uploader, content_type: str, body: bytes) -> None:
    answer = await up.client.post(
        "/accounting/bills/bulk", content=body, headers={"Content-Type": content_type}
    )
    assert answer.status_code == 400, answer.text
