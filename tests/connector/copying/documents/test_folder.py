"""A folder of documents: checked, read-only, and with an index for people."""

import errno
import hashlib
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from connector.copying.documents.failing import DocumentStoreFailed
from connector.copying.documents.folder import FolderDocuments
from tests.connector.copying.documents.samples import chunks_of, megabytes
from tests.connector.copying.documents.test_names import odd

PDF = b"%PDF-1.7 a document"
DIGEST = hashlib.sha256(PDF).hexdigest()


async def put(store: FolderDocuments, data: bytes = PDF, name: str | None = "F 1.pdf") -> Path:
    """Store a document; return where it is, below the root."""
    stored = await store.put("acc_1", "invoices", "i1", name, "application/pdf", chunks_of(data))
    return Path(stored.path)


async def test_the_index_has_names_that_people_know(tmp_path: Path) -> None:
    store = FolderDocuments(tmp_path / "documents")
    path = await put(store)
    (link,) = (tmp_path / "documents" / "records" / "acc_1" / "invoices" / "i1").iterdir()
    assert link.name == f"F 1-{DIGEST[:8]}.pdf"
    assert link.read_bytes() == PDF
    assert not link.readlink().is_absolute()
    moved = (tmp_path / "documents").rename(tmp_path / "moved")
    assert (moved / link.relative_to(tmp_path / "documents")).read_bytes() == PDF
    assert (moved / path).read_bytes() == PDF


@pytest.mark.covers("GUIDE-38")
async def test_a_former_file_of_the_same_name_stays(tmp_path: Path) -> None:
    store = FolderDocuments(tmp_path)
    await put(store, b"first")
    await put(store, b"second")
    await put(store, b"second")
    found = (tmp_path / "records" / "acc_1" / "invoices" / "i1").iterdir()
    assert sorted(one.read_bytes() for one in found) == [b"first", b"second"]


async def test_where_links_cannot_be_made_files_have_two_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(Path, "symlink_to", refused)
    store = FolderDocuments(tmp_path)
    path = await put(store)
    (index,) = (tmp_path / "records" / "acc_1" / "invoices" / "i1").iterdir()
    assert index.samefile(tmp_path / path)
    await put(store)


async def test_what_is_stored_is_read_only_and_its_owners(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        path = await put(FolderDocuments(tmp_path / "documents"))
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "documents" / path).stat().st_mode) == 0o400
    for folder in (tmp_path / "documents").rglob("*"):
        if folder.is_dir():
            assert not stat.S_IMODE(folder.stat().st_mode) & 0o077


async def test_damage_is_found_and_mended_by_the_next_copy(tmp_path: Path) -> None:
    store = FolderDocuments(tmp_path)
    path = tmp_path / await put(store)
    assert await store.damaged() == []
    path.chmod(0o600)
    path.write_bytes(PDF[:-1] + b"!")
    assert await store.damaged() == [DIGEST]
    await put(store)
    assert path.read_bytes() == PDF
    assert await store.damaged() == []


@pytest.mark.covers("GUIDE-38")
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(account=odd, record=odd, name=odd)
async def test_no_name_leads_out_of_the_folder(
    tmp_path: Path, account: str, record: str, name: str
) -> None:
    root = tmp_path / "deep" / "documents"
    root.parent.mkdir(exist_ok=True)
    stored = await FolderDocuments(root).put(
        account, "invoices", record, name, "application/pdf", chunks_of(PDF)
    )
    assert (root / stored.path).read_bytes() == PDF
    check_inside(tmp_path, root / stored.path)


def check_inside(top: Path, content: Path) -> None:
    """Check that nothing is outside of the store, and that the index leads to the content."""
    root = top / "deep" / "documents"
    assert [one.name for one in top.iterdir()] == ["deep"]
    assert [one.name for one in root.parent.iterdir()] == ["documents"]
    for link in (root / "records").rglob("*"):
        assert link.is_dir() or link.resolve() == content.resolve()


async def test_what_was_left_behind_is_removed_and_what_is_being_written_is_not(
    tmp_path: Path,
) -> None:
    incoming = tmp_path / ".incoming"
    incoming.mkdir()
    for name in ("old", "new"):
        (incoming / name).write_bytes(PDF)
    day_and_more = time.time() - 25 * 3600
    os.utime(incoming / "old", (day_and_more, day_and_more))
    await put(FolderDocuments(tmp_path))
    assert [one.name for one in incoming.iterdir()] == ["new"]


async def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DocumentStoreFailed, match="can't be stored: File exists") as failed:
        await put(FolderDocuments(tmp_path / "file"))
    assert failed.value.__cause__ is None


async def test_a_full_disk_is_told_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FolderDocuments(tmp_path)
    await put(store, b"before")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DocumentStoreFailed, match="No space left"):
        await put(store)
    assert not await store.has(DIGEST)
    assert list((tmp_path / ".incoming").iterdir()) == []


KILLED = """
import asyncio, sys
from pathlib import Path
from connector.copying.documents.folder import FolderDocuments

async def chunks(number):
    for piece in range(64):
        yield (f"{number}-{piece} " * 1000).encode()
        await asyncio.sleep(0)

async def main():
    store = FolderDocuments(Path(sys.argv[1]))
    for number in range(100000):
        stored = await store.put("acc", "invoices", str(number), None, "text/plain", chunks(number))
        print(stored.digest, flush=True)

asyncio.run(main())
"""


def killed_after(seconds: float, folder: Path) -> list[str]:
    """Kill a process that stores one document after the other; return what it said it stored."""
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(folder)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        first = process.stdout.readline().strip()
        time.sleep(seconds)
        process.kill()
        return [first, *process.communicate(timeout=60)[0].split()]
    finally:
        process.kill()
        process.wait()


async def test_a_killed_process_leaves_whole_documents(tmp_path: Path) -> None:
    for seconds in (0.0, 0.05, 0.2):
        told = killed_after(seconds, tmp_path)
        store = FolderDocuments(tmp_path)
        assert await store.damaged() == []
        assert [digest for digest in told if not await store.has(digest)] == []


MEASURED = """
import asyncio, resource, sys
from connector.copying.documents.opening import open_documents
from tests.connector.copying.documents.samples import megabytes

async def main():
    store = open_documents(sys.argv[1])
    async def put(count):
        await store.put("acc", "invoices", "i1", "big.pdf", "application/pdf", megabytes(count))
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    before = await put(int(sys.argv[2]))
    after = await put(200)
    await store.close()
    print(before, after)

asyncio.run(main())
"""


def peaks(url: str, first: int) -> tuple[int, int]:
    """Store a document of some megabytes, then one of 200; return the peaks of memory in MiB."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, url, str(first)],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    before, after = done.stdout.split()
    return int(before), int(after)


def test_a_large_document_takes_no_more_memory_than_a_small_one(tmp_path: Path, figure) -> None:
    before, after = peaks(f"folder:{tmp_path}/documents", 2)
    figure("documents in a folder: peak after 2 MB and after 200 MB, MiB", f"{before}, {after}")
    assert after - before < 16
    (stored,) = [one for one in tmp_path.rglob("content/*/*") if one.stat().st_size > 1 << 27]
    assert stored.stat().st_size == 200 << 20


async def test_pieces_of_any_size_make_the_same_document(tmp_path: Path) -> None:
    store = FolderDocuments(tmp_path)
    whole = b"".join([chunk async for chunk in megabytes(3)])
    for size in (1000, 65536, 1 << 20, len(whole)):
        pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
        stored = await store.put("a", "bills", "b", None, "x/y", chunks_of(*pieces))
        assert stored.digest == hashlib.sha256(whole).hexdigest()
