"""Everything this service answers to, gathered from the floors, as one OpenAPI document."""

import json
from collections.abc import Iterable
from importlib.metadata import version
from importlib.resources import files
from typing import Any

from connector.api.named import add
from connector.api.openapi import describe
from connector.api.operation import Operation
from connector.app import errors as _edge_errors  # their codes are described as well
from connector.app.openapi_webhooks import webhooks
from connector.app.targets import NAMES

del _edge_errors

TAGS = {
    "accounting": "A customer's books, through one model for every target system.",
    "webhooks": "Be told of changes.",
    "sync": "Copies of an account's records, kept up to date.",
    "dispatch": "Documents of templates, by password, token or key.",
    "auth": "Link a customer's account, and see whether it can be used.",
    "tenants": "What concerns you as a vendor: your apps, addresses, keys and pages.",
    "events": "For target systems only.",
    "health": "For your monitoring; no keys are needed.",
}
"""What each group is about, the ones that are used most first."""


def described(operations: Iterable[Operation[Any]], server_url: str) -> dict[str, Any]:
    """Return the OpenAPI document of these operations at this address.

    The examples come from the simulator; `make examples` writes them.
    """
    order = list(TAGS)
    examples = json.loads(files("connector.app").joinpath("examples.json").read_text())
    document = describe(
        sorted(operations, key=lambda one: order.index(one.tag)),
        title="qonto-connector",
        version=version("qonto-connector"),
        server_url=server_url,
        description=(
            "Link Qonto accounts, read them through one model, get their changes as signed "
            "webhooks. The wire contract is Maesn's unified accounting API."
        ),
        examples=examples["operations"],
        tags=TAGS,
    )
    health = document["paths"]["/health/details"]["get"]["responses"]
    health["503"] = {**health["200"], "description": "What doesn't work"}
    document["webhooks"], more = webhooks(examples["webhooks"])
    schemas = document["components"]["schemas"]
    for schema in more.values():
        add(schemas, schema)
    schemas["TargetSystem"]["enum"] = list(NAMES)
    return document
