"""Every described call of dispatching documents, made once."""

from typing import Any

from connector.api.operation import Permission
from tests.support.described import InProcess
from tests.support.described_purchases import Caller

EMAIL, PASSWORD = "books@acme.example", "correct horse battery"
_PLACE = {"service": "INVOICING", "provider": "qonto"}
_PROVIDERS = "/api/configurations/{service}/providers"
_QUOTE: dict[str, Any] = {
    "contactId": "{{ customer }}",
    "offerDate": "{{ today }}",
    "expiryDate": "{{ today | plus_days(30) }}",
    "termsAndConditions": "Good for 30 days.",
    "lineItems": {
        "$each": "items",
        "$value": {
            "name": "{{ item.name }}",
            "quantity": "{{ item.quantity }}",
            "unitAmount": "{{ item.price }}",
            "taxRatePercentage": 20,
        },
    },
}


async def add_user(up: InProcess) -> None:
    """Give the vendor a user."""
    allowed = (Permission.READ, Permission.WRITE)
    await up.container.oauth.users.add(up.tenant_id, EMAIL, PASSWORD, allowed)


async def prepare(walk: Caller) -> dict[str, list[str]]:
    """Configure Qonto and store a template; return what stands in paths for them."""
    simulator = walk.up.simulator
    settings = {"qontoLogin": simulator.login, "qontoSecretKey": simulator.secret}
    configured = await walk.call("POST", f"{_PROVIDERS}/{{provider}}", body=settings, **_PLACE)
    template = {"name": "Offer", "documentType": "QUOTE", "content": _QUOTE}
    stored = await walk.call("POST", "/api/templates", body=template)
    return {
        **{name: [value] for name, value in _PLACE.items()},
        "configurationId": [configured["data"]["id"]],
        "templateId": [str(stored["data"]["id"])],
    }


async def dispatch_everything(walk: Caller) -> None:
    """Configure Qonto, store a template, and make a quote of it."""
    await add_user(walk.up)
    await walk.call("POST", "/api/auth/token", auth=(EMAIL, PASSWORD))
    await walk.call("GET", _PROVIDERS, service="INVOICING")
    await walk.call("GET", f"{_PROVIDERS}/{{provider}}/config", **_PLACE)
    simulator = walk.up.simulator
    settings = {"qontoLogin": simulator.login, "qontoSecretKey": simulator.secret}
    whole = f"{_PROVIDERS}/{{provider}}"
    made = await walk.call("POST", whole, body=settings, **_PLACE)
    one = {**_PLACE, "configurationId": made["data"]["id"]}
    await walk.call("GET", whole, **_PLACE)
    await walk.call("GET", f"{whole}/{{configurationId}}", **one)
    await walk.call("PUT", f"{whole}/{{configurationId}}", body=settings, **one)
    await _documents(walk)
    await walk.call("DELETE", f"{whole}/{{configurationId}}", **one)


async def _documents(walk: Caller) -> None:
    template = {"name": "Offer", "documentType": "QUOTE", "content": _QUOTE}
    stored = await walk.call("POST", "/api/templates", body=template)
    one = {"templateId": str(stored["data"]["id"])}
    customer = next(iter(walk.up.simulator.world.first.clients)).id
    items = [{"name": "Consulting", "quantity": 2, "price": 600}]
    data = {"customer": customer, "items": items}
    await walk.call("GET", "/api/templates")
    await walk.call("GET", "/api/templates/{templateId}", **one)
    await walk.call("PUT", "/api/templates/{templateId}", body=template, **one)
    await walk.call("POST", "/api/templates/{templateId}/preview", body={"data": data}, **one)
    body = {
        "providerName": "qonto",
        "documentType": "QUOTE",
        "template": {"id": stored["data"]["id"], "data": data},
    }
    await walk.call("POST", "/api/invoicing/validate", body=body)
    await walk.call("POST", "/api/invoicing", body=body)
    await walk.call("DELETE", "/api/templates/{templateId}", **one)
