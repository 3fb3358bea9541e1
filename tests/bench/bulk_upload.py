"""Memory of a bulk upload: 500 PDFs of 200 kB in one request, and the task that makes their bills.

The PDFs are written while they're sent, so that this process holds none of them. The server's
memory is what the kernel says in `/proc`: the most since the upload began, less what it held when
it had nothing to do.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2

from tests.bench.figures import Figure
from tests.bench.linking import Headers

FILES, SIZE = 500, 200_000
MOST = 60.0
"""Megabytes."""
_BOUNDARY = "bench-boundary"
_PATIENCE = 180.0


async def bulk_upload(
    caller: httpx2.AsyncClient, connector: str, account: Headers, pid: int
) -> list[Figure]:
    """Upload them; return how long it took, and what memory."""
    before = _memory(pid, "VmRSS")
    _forget_most(pid)
    began = time.perf_counter()
    await _upload(caller, connector, account)
    took = time.perf_counter() - began
    grown = _memory(pid, "VmHWM") - before
    what = f"writes: {FILES} PDFs of {SIZE // 1000} kB at once"
    return [
        Figure(f"{what}, until their bills are made", took, "s", better="lower"),
        Figure(f"{what}, memory above idle", grown, "MB", MOST, "lower"),
    ]


async def _upload(caller: httpx2.AsyncClient, connector: str, account: Headers) -> None:
    answer = await caller.post(
        f"{connector}/accounting/bills/bulk",
        content=_form(),
        headers={**account, "Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"},
        timeout=_PATIENCE,
    )
    assert answer.status_code == 202, answer.text
    task = f"{connector}/accounting/asyncTask/{answer.json()['data']['taskId']}"
    async with asyncio.timeout(_PATIENCE):
        while True:
            data = (await caller.get(task, headers=account)).json()["data"]
            if data["status"] not in ("OPEN", "IN_PROGRESS"):
                break
            await asyncio.sleep(0.2)
    assert data["status"] == "SUCCESS", data
    assert len(data["responseData"]["items"]) == FILES


async def _form() -> AsyncIterator[bytes]:
    for number in range(FILES):
        yield (
            f"--{_BOUNDARY}\r\n"
            f'Content-Disposition: form-data; name="files"; filename="{number}.pdf"\r\n'
            "Content-Type: application/pdf\r\n\r\n"
        ).encode()
        yield b"%PDF-1.7\n" + f"{number}".encode().ljust(SIZE - 9, b".")
        yield b"\r\n"
    yield f"--{_BOUNDARY}--\r\n".encode()


def _forget_most(pid: int) -> None:
    """Have the kernel tell the most memory since now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _memory(pid: int, name: str) -> float:
    """Return megabytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1000 for line in lines if line.startswith(f"{name}:"))
