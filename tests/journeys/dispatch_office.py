"""A vendor that dispatches documents by template, and what Qonto has of it."""

import base64
import itertools
from typing import Any

import httpx2
from qonto_simulator import Simulator

from connector.api.operation import Permission
from connector.app.sandbox import Sandbox

CONFIGURATIONS = "/api/configurations/INVOICING/providers/qonto"
PASSWORD = "correct horse battery"
LINES = {
    "$each": "items",
    "$value": {
        "name": "{{ item.name }}",
        "quantity": "{{ item.quantity }}",
        "unitAmount": "{{ item.price }}",
        "taxRatePercentage": 20,
    },
}
INVOICE: dict[str, Any] = {
    "contactId": "{{ customer }}",
    "reference": "{{ reference }}",
    "paymentTermDuration": 30,
    "lineItems": LINES,
}
QUOTE: dict[str, Any] = {
    "contactId": "{{ customer }}",
    "offerDate": "{{ today }}",
    "expiryDate": "{{ today | plus_days(30) }}",
    "termsAndConditions": "Good for 30 days.",
    "lineItems": LINES,
    "email": {
        "$if": "to is defined",
        "$value": {"recipients": ["{{ to }}"], "subject": "Our offer {{ reference }}"},
    },
}
CREDIT: dict[str, Any] = {
    "invoiceId": {"$if": "invoice is defined", "$value": "{{ invoice }}"},
    "reason": "{{ reason | default('Goods came back') }}",
    "creditNoteDate": "{{ today }}",
    "creditNoteLines": {
        "$each": "items",
        "$value": {
            "itemName": "{{ item.name }}",
            "quantity": "{{ item.quantity }}",
            "unitAmount": "{{ item.price }}",
            "taxRatePercentage": 20,
        },
    },
}
_numbers = itertools.count(1)


def basic(email: str, password: str = PASSWORD) -> dict[str, str]:
    """The header of HTTP Basic."""
    return {"Authorization": f"Basic {base64.b64encode(f'{email}:{password}'.encode()).decode()}"}


class DispatchOffice:
    """Calls with the vendor's API key. `simulator` is the production one."""

    def __init__(self, up: Sandbox, client: httpx2.AsyncClient) -> None:
        self.up = up
        self.client = client
        self.simulator: Simulator = up.simulators["qonto"]
        self.staging: Simulator = up.simulators["qonto-sandbox"]
        self.reference = f"order {next(_numbers)}"
        self.templates: dict[str, int] = {}
        self.configuration = ""

    @property
    def books(self) -> Any:
        return self.simulator.world.first

    @property
    def customer(self) -> Any:
        """A customer that has all that documents need."""
        return next(iter(self.books.clients))

    def settings(self, **changes: Any) -> dict[str, Any]:
        at = self.staging if changes.get("useSandbox") else self.simulator
        return {"qontoLogin": at.login, "qontoSecretKey": at.secret, **changes}

    async def configure(self, status: int = 201, **changes: Any) -> dict[str, Any]:
        answer = await self.client.post(CONFIGURATIONS, json=self.settings(**changes))
        assert answer.status_code == status, answer.text
        document = answer.json()
        return document["data"] or document

    async def store(self, kind: str, content: dict[str, Any]) -> int:
        body = {"name": kind, "documentType": kind, "content": content}
        answer = await self.client.post("/api/templates", json=body)
        assert answer.status_code == 201, answer.text
        return int(answer.json()["data"]["id"])

    def body(self, kind: str, **data: Any) -> dict[str, Any]:
        given = {
            "customer": self.customer.id,
            "reference": self.reference,
            "items": [{"name": "Consulting", "quantity": 2, "price": 600}],
            **data,
        }
        template = {"id": self.templates[kind.removeprefix("E_")], "data": given}
        return {
            "providerName": "qonto",
            "documentType": kind,
            "configurationId": self.configuration,
            "template": template,
        }

    async def dispatch(
        self, body: dict[str, Any], status: int = 201, key: str | None = None, path: str = ""
    ) -> dict[str, Any]:
        headers = {} if key is None else {"Idempotency-Key": key}
        answer = await self.client.post(f"/api/invoicing{path}", json=body, headers=headers)
        assert answer.status_code == status, answer.text
        document: dict[str, Any] = answer.json()
        return document["data"] or document

    def sent(self, method: str, path: str, at: Simulator | None = None) -> list[str]:
        journal = (at or self.simulator).control.journal(method=method, path=path, limit=1000)
        return [one["path"] for one in journal if one["path"].startswith("/v2/")]

    async def user(self, *permissions: Permission, email: str | None = None) -> tuple[str, str]:
        """Add one of the vendor's users; return the address and the id."""
        (tenant,) = [
            one for one in await self.up.container.oauth.tenants.all() if one.name == "Sandbox"
        ]
        address = email or f"user-{next(_numbers)}@vendor.example"
        allowed = permissions or (Permission.READ, Permission.WRITE)
        made = await self.up.container.oauth.users.add(tenant.id, address, PASSWORD, allowed)
        return address, made.id


async def open_office(up: Sandbox, client: httpx2.AsyncClient) -> DispatchOffice:
    """Configure production, and store a template of each kind."""
    up.simulators["qonto"].control.set_quirks(pdf_delay=0.0)
    office = DispatchOffice(up, client)
    office.configuration = (await office.configure())["id"]
    for kind, content in {"INVOICE": INVOICE, "QUOTE": QUOTE, "CREDIT": CREDIT}.items():
        office.templates[kind] = await office.store(kind, content)
    return office
