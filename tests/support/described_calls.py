"""Every described call, made against the simulator; the description says which there are."""

import asyncio
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import quote

import httpx2

from connector.api.operation import Operation
from connector.api.parameters import parameters_of
from connector.app.operations import described_operations
from tests.support.described import CALLBACK, TARGET, InProcess, registration
from tests.support.described_dispatch import dispatch_everything
from tests.support.described_writes import write_everything
from tests.webhooks.relay import until

NOT_CALLED = {
    "trustBeneficiary": "takes a scope that Qonto gives to few apps",
    "takeInEvent": "takes the provider's signed events only",
    "endLink": "is walked by the browser in each link",
    "showLinkPage": "is a page",
    "leaveLinkPage": "is a page's button",
}
"""What no vendor calls, and why."""

BODIES = {"/accounting/passThrough": {"method": "GET", "path": "/v2/organization"}}
"""What is sent to calls that nothing else depends on."""

_MOST = 30
_PARAMETER = re.compile(r"{(\w+)}")
REQUEST_ID = "req_0123456789abcdef01234567"


@dataclass(frozen=True)
class Made:
    """A call that was made, and its answer; `values` are those of the path's parameters."""

    operation: Operation[Any]
    values: dict[str, str]
    body: Any
    answer: httpx2.Response

    @property
    def id(self) -> str:
        return self.operation.name

    @cached_property
    def path(self) -> str:
        return _filled(self.operation.path, self.values)

    @cached_property
    def listed(self) -> dict[str, dict[str, Any]]:
        """The records that it answered, if that is a list of some, each by all it says."""
        if self.operation.method != "GET" or not is_json(self.answer):
            return {}
        data = self.answer.json()["data"]
        records: list[dict[str, Any]] = data if isinstance(data, list) else []
        return {str(sorted(one.items(), key=str)): one for one in records}


@dataclass
class Walk:
    """Makes calls in an order in which they can succeed. `skipped` are those without an id."""

    up: InProcess
    made: list[Made] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    account_key: str | None = None

    async def everything(self) -> None:
        """Register, link, subscribe, read all there is to read, and take it all away again."""
        for path, body in registration(self.up.simulator):
            await self.call("POST", path, body=body)
        await self.call("POST", "/tenants/signing-secret")
        await self.call(
            "POST",
            "/tenants/submission-page-style",
            body={"name": "Acme Books", "titleColor": "#3d33a6"},
        )
        key = await self.call(
            "POST", "/tenants/api-keys", body={"name": "Reports", "permissions": ["read"]}
        )
        await self._link()
        hook = await self.call(
            "POST",
            "/webhooks",
            body={"callbackUrl": f"{CALLBACK}/customer-42", "resource": "INVOICE"},
        )
        notices = await self.call(
            "POST", "/webhooks/tenant", body={"callbackUrl": f"{CALLBACK}/notices"}
        )
        await self._relay(hook["data"]["id"])
        await self.call(
            "POST", "/sync", body={"resources": ["invoices"], "since": "2026-01-01T00:00:00Z"}
        )
        await self.read()
        await write_everything(self)
        await dispatch_everything(self)
        for path, body in BODIES.items():
            if any(one.path == path for one in described_operations()):
                await self.call("POST", path, body=body)
        await self.call("DELETE", "/webhooks/{webhookId}", webhookId=hook["data"]["id"])
        await self.call("DELETE", "/webhooks/tenant/{webhookId}", webhookId=notices["data"]["id"])
        await self.call("DELETE", "/tenants/api-keys/{keyId}", keyId=key["data"]["keyId"])
        await self.call("DELETE", "/tenants/delete-end-user", query={"erase": "true"})
        self.account_key = None
        await self.call(
            "DELETE", "/tenants/delete-registered-system/{targetSystem}", targetSystem=TARGET
        )

    async def _link(self) -> None:
        other = list(self.up.simulator.world.books.values())[1].organisation
        await self.call(
            "POST",
            "/auth/accounts/{target}",
            body={"username": other.slug, "apiKey": other.secret_key, "reference": "customer-43"},
            target=TARGET,
        )
        await self.call("GET", "/auth/{target}", target=TARGET)
        link = await self.call(
            "POST", "/auth/{target}", body={"reference": "customer-42"}, target=TARGET
        )
        code = await self.up.code(link["data"]["url"])
        exchanged = await self.call("POST", "/auth/exchange", body={"code": code})
        self.account_key = exchanged["data"]["accountKey"]

    async def _relay(self, hook: str) -> None:
        """Look after a subscription: options, secret, a test, its log, and sending again."""
        of_hook = {"webhookId": hook}
        await self.call(
            "PATCH",
            "/webhooks/{webhookId}",
            body={"ordered": True, "coalesceSeconds": 5},
            **of_hook,
        )
        await self.call("POST", "/webhooks/{webhookId}/rotateSecret", body={}, **of_hook)
        sent = await self.call("POST", "/webhooks/{webhookId}/test", **of_hook)
        await self._deliver()
        delivery = {"deliveryId": sent["data"]["id"]}
        await self.call("GET", "/webhooks/deliveries/{deliveryId}", **delivery)
        await self.call("POST", "/webhooks/deliveries/{deliveryId}/replay", **delivery)
        await self.call("POST", "/webhooks/{webhookId}/pause", **of_hook)
        begun = await self.call(
            "POST",
            "/webhooks/{webhookId}/replays",
            body={"status": "FAILED", "from": "2026-11-20T00:00:00Z"},
            **of_hook,
        )
        await self.call("GET", "/webhooks/{webhookId}/replays", **of_hook)
        replay = {**of_hook, "replayId": begun["data"]["id"]}
        await self.call("GET", "/webhooks/{webhookId}/replays/{replayId}", **replay)
        await self.call("DELETE", "/webhooks/{webhookId}/replays/{replayId}", **replay)
        await self.call("POST", "/webhooks/{webhookId}/resume", **of_hook)

    async def _deliver(self) -> None:
        """Let a worker send what is due."""
        dispatcher = self.up.container.relay.dispatcher
        running = asyncio.create_task(dispatcher.run())
        await until(lambda: self.up.receivers.bodies)
        await dispatcher.stop()
        await running

    async def read(self) -> None:
        """Call everything that only reads, as soon as other answers name what it needs."""
        done = {made.id for made in self.made} | set(NOT_CALLED)
        waiting = [
            one
            for one in described_operations()
            if one.method == "GET" and one.name not in done and one.tag != "dispatch"
        ]
        while ready := [one for one in waiting if self._values(one.path) and self._queries(one)]:
            depth = min(one.path.count("{") for one in ready)
            for operation in [one for one in ready if one.path.count("{") == depth]:
                waiting.remove(operation)
                await self._read(operation)
        self.skipped = [one.name for one in waiting]

    async def _read(self, operation: Operation[Any]) -> None:
        for values in self._values(operation.path):
            for query in self._queries(operation):
                await self._make(operation, values, query, None)
        if operation.tag == "accounting":
            await self._variants(operation)

    def _values(self, path: str) -> list[dict[str, str]]:
        """Find ids for the parameters of a path in the lists that the paths before them name."""
        above, _, last = path.rpartition("/{")
        if not above:
            return [{}]
        name = last.partition("}")[0]
        found = [
            {**values, name: str(record.get(name) or record["id"])}
            for values in self._values(above)
            for record in self.records(_filled(above, values))
            if name in record or "id" in record
        ]
        if not found and "{" not in above:
            found = [{name: value} for value in self._named(name)]
        return found[:_MOST]

    def _named(self, name: str) -> list[str]:
        """Find ids in the fields of other records, such as an invoice's fileId."""
        lists = {made.path for made in self.made if made.operation.tag == "accounting"}
        records = [one for path in sorted(lists) for one in self.records(path)]
        return list(dict.fromkeys(one[name] for one in records if one.get(name)))

    async def _variants(self, operation: Operation[Any]) -> None:
        """Ask once more with the source, for a list's second page of five, and for a file."""
        names = {parameter.name for parameter in parameters_of(operation)}
        for values in self._values(operation.path)[:1]:
            for asked in ({"rawData": "true"}, {"page": "2", "limit": "5"}):
                for query in self._queries(operation)[:1] if set(asked) <= names else ():
                    await self._make(operation, values, {**query, **asked}, None)
            if operation.media_type != "application/json":
                await self._make(operation, values, {}, None, accept=operation.media_type)

    def records(self, path: str) -> list[dict[str, Any]]:
        """Return the records that the list at a path gave, the richest first."""
        found: dict[str, dict[str, Any]] = {}
        for made in self.made:
            if made.path == path:
                for told, one in made.listed.items():
                    found.setdefault(told, one)
        return sorted(found.values(), key=richness, reverse=True)

    def _queries(self, operation: Operation[Any]) -> list[dict[str, str]]:
        """Return what to ask with: what must be in the query, from paths that were called."""
        queries: list[dict[str, str]] = [{}]
        for name in _required(operation):
            seen = (
                [self.up.tenant_id]
                if name == "code"
                else dict.fromkeys(made.values[name] for made in self.made if name in made.values)
            )
            queries = [{**query, name: value} for query in queries for value in seen]
        return queries[:_MOST]

    async def call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        query: dict[str, str] | None = None,
        file: tuple[str, bytes] | None = None,
        auth: tuple[str, str] | None = None,
        **values: str,
    ) -> Any:
        """Make a call that must succeed; return its JSON. A file goes with the name of its part."""
        (operation,) = [
            one for one in described_operations() if (one.method, one.path) == (method, path)
        ]
        answer = await self._make(operation, values, query or {}, body, file=file, auth=auth)
        accepted = () if operation.accepted is None else (202,)
        assert answer.status_code in (operation.status, *accepted), answer.text
        return answer.json()

    async def _make(
        self,
        operation: Operation[Any],
        values: dict[str, str],
        query: dict[str, str],
        body: Any,
        *,
        accept: str = "application/json",
        file: tuple[str, bytes] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> httpx2.Response:
        path = _filled(operation.path, values)
        sent: dict[str, Any] = {"json": body}
        if file is not None:
            part, content = file
            whole = {part: ("invoice.pdf", content, "application/pdf")}
            sent = {"data": body or {}, "files": whole}
        headers = {"Accept": accept, "X-Request-Id": REQUEST_ID}
        for needed in parameters_of(operation):
            if needed.place == "header" and needed.required:
                headers[needed.name] = str(uuid.uuid4())
        async with self.up.client(self.account_key) as vendor:
            answer = await vendor.request(
                operation.method,
                path,
                params=query,
                **sent,
                auth=auth,
                headers=headers,
            )
        self.up.clock.tick()
        self.made.append(Made(operation, values, body, answer))
        return answer


def _required(operation: Operation[Any]) -> list[str]:
    return [one.name for one in parameters_of(operation) if one.place == "query" and one.required]


def _filled(path: str, values: dict[str, str]) -> str:
    return _PARAMETER.sub(lambda name: quote(values[name[1]], safe=""), path)


def is_json(answer: httpx2.Response) -> bool:
    """Say whether an answer is JSON."""
    return answer.headers.get("Content-Type", "") == "application/json"


def richness(record: Any) -> int:
    """Count what a document says."""
    if isinstance(record, dict):
        return sum(richness(value) for value in record.values())
    if isinstance(record, list):
        return sum(richness(value) for value in record[:2])
    return int(record not in (None, ""))


def succeeded(made: Iterable[Made]) -> dict[str, Made]:
    """Return the first success of each operation, by its id."""
    first: dict[str, Made] = {}
    for one in made:
        if one.answer.status_code == one.operation.status and is_json(one.answer):
            first.setdefault(one.id, one)
    return first
