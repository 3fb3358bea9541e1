"""What copying invoices and their files takes at least: a loop over httpx2 and plain files.

Run as a program with an address, a token, a folder and how many files at once, it copies once and
prints what came of it as one line of JSON. Nothing is remembered, checked or made to last.
"""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

import httpx2
import uvloop


async def copy(address: str, token: str, folder: Path, at_once: int) -> dict[str, Any]:
    """Copy all invoices and their files; return how many, and how long it took."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(base_url=f"{address}/v2", timeout=60) as http:

        async def get(path: str, **query: Any) -> Any:
            answer = await http.get(path, params=query, headers=headers)
            answer.raise_for_status()
            return answer.json()

        began, spent = time.perf_counter(), time.process_time()
        invoices, page = list[Any](), 1
        with (folder / "invoices.jsonl").open("w") as lines:
            while page:
                told = await get("/client_invoices", per_page=100, page=page)
                lines.writelines(f"{json.dumps(one)}\n" for one in told["client_invoices"])
                invoices += [one["attachment_id"] for one in told["client_invoices"]]
                page = told["meta"]["next_page"]
        waiting = iter([one for one in invoices if one])

        async def fetch() -> None:
            for attachment_id in waiting:
                told = (await get(f"/attachments/{attachment_id}"))["attachment"]
                answer = await http.get(told["url"])
                answer.raise_for_status()
                (folder / f"{attachment_id}.pdf").write_bytes(answer.content)

        await asyncio.gather(*(fetch() for _ in range(at_once)))
        took = time.perf_counter() - began
    spent = time.process_time() - spent
    return {"seconds": took, "processor": spent, "documents": sum(map(bool, invoices))}


if __name__ == "__main__":
    _, address, token, folder, at_once = sys.argv
    told = uvloop.run(copy(address, token, Path(folder), int(at_once)))
    print(json.dumps(told), flush=True)
