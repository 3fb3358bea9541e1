"""The simulated Qonto that copies are made of, in a process of its own."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2


@dataclass(frozen=True, slots=True)
class Bank:
    """The simulator, and what it takes to call it."""

    address: str
    token: str
    api_key: str

    async def control(self, method: str, call: str, /, **body: Any) -> Any:
        """Make a control call; return its answer."""
        async with httpx2.AsyncClient(timeout=60) as http:
            url = f"{self.address}/_simulator/{call}"
            answer = await http.request(method, url, json=body or None)
            answer.raise_for_status()
            return answer.json()

    async def requests(self) -> Counter[str]:
        """Count the requests to the API so far, by method and path."""
        told = await self.control("GET", "counts")
        counts: dict[str, int] = told.get("counts", told)["by_path"]
        return Counter({path: count for path, count in counts.items() if " /v2/" in path})


@asynccontextmanager
async def simulated(count: int) -> AsyncGenerator[Bank]:
    """Run the simulator with so many invoices in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.papers", str(count)),
        stdout=PIPE,
        stderr=DEVNULL,
        stdin=DEVNULL,
    )
    try:
        assert process.stdout
        told = json.loads(await process.stdout.readline())
        yield Bank(told["url"], told["accessToken"], told["apiKey"])
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def memory(pid: int) -> float:
    """Return what a process has in memory, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def processor(pid: int) -> float:
    """Return the processor time that a process took so far, the kernel's part too, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
