"""A client that does what the guide says: the same request with the same key, until it is told."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import httpx2

from storage.clock import system_clock
from tests.bench.linking import Headers
from tests.chaos.errands import Errand, Outcome, Said

LONGEST = 1800.0
"""Seconds after which an errand counts as stuck."""

LOST = ("OUTCOME_UNKNOWN", "WRITE_IN_PROGRESS")
ENDED = ("SUCCESS", "PARTIAL_SUCCESS", "FAILED")


@dataclass
class Clerk:
    """Runs errands at any of the addresses."""

    http: httpx2.AsyncClient
    addresses: Sequence[str]
    headers: Headers
    chance: Random
    pause: float = 1.0
    """Seconds before asking again, where the answer doesn't say how long to wait."""

    async def run(self, errand: Errand) -> None:
        """Ask until the answer is final; note down what it says. Raises TimeoutError."""
        async with asyncio.timeout(LONGEST):
            while True:
                wait = await self.ask(errand)
                if wait is None:
                    return
                await asyncio.sleep(wait)

    async def ask(self, errand: Errand) -> float | None:
        """Ask once; return how long to wait before asking again, None once it was told."""
        errand.attempts += 1
        said, wait = await self._read(errand, await self._ask(errand))
        if said is None:
            return wait
        errand.said.append(said)
        return None

    async def _ask(self, errand: Errand) -> httpx2.Response | None:
        url = f"{self.chance.choice(self.addresses)}/accounting/{errand.path}"
        headers = {**self.headers, "Idempotency-Key": errand.key}
        sent: dict[str, Any] = {}
        if errand.files is not None:
            sent["files"] = [
                ("files", (name, content, "application/pdf")) for name, content in errand.files
            ]
        elif errand.body is not None:
            sent["json"] = errand.body
        try:
            answer = await self.http.post(url, headers=headers, **sent)
        except httpx2.HTTPError:
            _note(errand, "none")
            return None
        told = _error(answer)
        _note(errand, f"{answer.status_code} {told} {_reason(answer)}".strip())
        return answer

    async def _read(
        self, errand: Errand, answer: httpx2.Response | None
    ) -> tuple[Said | None, float]:
        """Return what is said for good, or how long to wait before asking again."""
        if answer is None:
            return None, self.pause
        status, code = answer.status_code, _error(answer)
        asked = answer.headers.get("Retry-After")
        wait = self.pause if asked is None else max(self.pause, float(asked))
        match status:
            case 200 | 201:
                return _told(errand, answer.json()["data"]), 0
            case 202:
                return await self._follow(errand, str(answer.json()["data"]["taskId"]))
            case 400 | 403 | 404:
                return Said(dict.fromkeys(errand.marks, "refused")), 0
            case 409 if code == "WRITE_IN_PROGRESS":
                return None, wait
            case 502 if code == "OUTCOME_UNKNOWN" and asked is None:
                return Said(dict.fromkeys(errand.marks, "unknown")), 0
            case 408 | 429 | 502 | 503 | 504:
                return None, wait
            case _:
                errand.wrong.append(f"{status}: {answer.text}")
                return None, wait

    async def _follow(self, errand: Errand, task_id: str) -> tuple[Said | None, float]:
        """Read a task until it has ended; one that failed is asked for again."""
        while True:
            await asyncio.sleep(self.pause)
            url = f"{self.chance.choice(self.addresses)}/accounting/asyncTask/{task_id}"
            try:
                answer = await self.http.get(url, headers=self.headers)
            except httpx2.HTTPError:
                continue
            if answer.status_code == 404:
                errand.wrong.append(f"the task {task_id} is gone")
                return None, self.pause
            if answer.status_code != 200:
                continue
            task = answer.json()["data"]
            if task["status"] not in ENDED:
                continue
            if errand.kind == "bills" or task["status"] == "SUCCESS":
                return _told(errand, task["responseData"]), 0
            _note(errand, f"task {(task.get('error') or {}).get('code')}")
            return None, self.pause


def _note(errand: Errand, what: str) -> None:
    errand.answers.append(f"{what} at {system_clock():%T.%f}")


def _error(answer: httpx2.Response) -> str:
    if answer.is_success:
        return ""
    try:
        return str(answer.json()["errors"]["code"])
    except (ValueError, KeyError, TypeError):
        return ""


def _reason(answer: httpx2.Response) -> str:
    """Return what was wrong first with a request that was refused."""
    listed = answer.json()["errors"].get("validationErrors") if answer.status_code == 400 else None
    return str(listed[0]["code"]) if listed else ""


def _told(errand: Errand, data: Any) -> Said:
    if errand.kind != "bills":
        made = data["invoiceId"] if errand.kind == "issue" else data["id"]
        return Said(dict.fromkeys(errand.marks, "done"), (str(made),))
    outcomes: dict[str, Outcome] = {}
    for item in data["items"]:
        mark = errand.marks[item["index"]]
        if item["billId"] is not None:
            outcomes[mark] = "done"
        else:
            outcomes[mark] = "unknown" if item["code"] in LOST else "refused"
    return Said(outcomes, tuple(str(one["billId"]) for one in data["items"] if one["billId"]))
