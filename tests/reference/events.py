"""The page of events: what can be subscribed to, each message, and its headers."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from connector.app.openapi_webhooks import ANNOUNCED, webhooks
from connector.capabilities import Capabilities, webhook_word
from connector.providers.qonto.events import SCOPES
from connector.registry import Provider
from oauth.endings import TOKEN
from tests.reference import code, page, table
from webhooks.subscriptions import offered_by

_INTRODUCTION = """
A webhook says that something changed; it carries no document. Read the record with the account
key. [Receive webhooks and verify them](../guides/webhooks.md) shows a receiver in Python and in
TypeScript.
"""
_SOON = """
`eventType` is `CREATED` or `UPDATED`; of `TOKEN` it is `REVOKED`. Events come from Qonto's
webhooks, from polls, or both; the body is the same, and a change is told once.

`DELETED` is sent to subscriptions that were made with `deletions: true`. Qonto announces it of
`CUSTOMER`, `CONTACT` and `ITEM`. An `EXPENSE` is deleted when the payment by card is declined, a
`PAYMENT` when nothing is paid on its document any more; polls tell. Of `INVOICE`, `BILL`,
`BOOKING_PROPOSAL` and `TRANSACTION` it is noticed within a day, where
[records are copied](../guides/copy.md). Of the others nothing tells it.

Some records are of two resources, and each subscription is told in its own word: a client is a
`CUSTOMER` and a `CONTACT`; an invoice, a bill or a credit note also a `BOOKING_PROPOSAL`; a payment
by card also a `TRANSACTION`. What a transaction's announcement says of an `EXPENSE` is looked up
first, some seconds later.

What Qonto announces arrives within seconds. What is polled alone arrives within a minute while
things happen, within half an hour after a quiet time. What is announced is polled as well, every
15 minutes to six hours, in case an announcement was lost; at once after one that came too late to
be trusted, and after a new link. The [settings of polling](settings.md#polling) change these
times.

For Qonto to announce anything, a link needs `webhook` among its scopes. Of items it announces new
ones only. `PAYMENT` and `BOOKING_PROPOSAL` need one of their scopes, and have what that one lets be
read.

Where Qonto gives no webhooks (a link by API key, a missing scope, an address it can't reach), all
is polled.
"""


def events(provider: Provider, matrix: Capabilities, examples: Mapping[str, Any]) -> str:
    """Return the page for a target system."""
    described, schemas = webhooks(dict(examples))
    first = described[ANNOUNCED[0].name]["post"]
    headers = [
        (code(one["name"]), "always" if one["required"] else "sometimes", one["description"])
        for one in first["parameters"]
    ]
    return page(
        "Events",
        _INTRODUCTION,
        "## What can be subscribed to",
        _offered(provider, matrix),
        _SOON,
        "## Messages",
        *(_message(one.summary, described[one.name]["post"], schemas) for one in ANNOUNCED),
        "## Headers",
        table(("Header", "Sent", "Meaning"), headers),
        "## What your answer means",
        table(("Status", "Effect"), _answers(first["responses"])),
    )


def _offered(provider: Provider, matrix: Capabilities) -> str:
    by_word = {webhook_word(row.resource): row for row in matrix.resources}
    polled = {} if provider.changes is None else provider.changes.resources
    rows: list[tuple[str, ...]] = []
    for word in offered_by(provider):
        kinds = provider.webhooks.topics.get(word, ())
        if word == TOKEN:
            kinds = provider.webhooks.revocation_types
        row = by_word.get(word)
        scopes = row.scopes if row else ()
        known = [_announced(kind, scopes) for kind in kinds]
        known += ["polled"] if word in polled else []
        rows.append((code(word), "; ".join(known), ", ".join(map(code, scopes))))
    return table(("`resource`", "Changes are", "Scopes that reading takes"), rows)


def _announced(kind: str, scopes: Collection[str]) -> str:
    """Say how Qonto announces something, and which scope that takes beyond those of reading it."""
    scope = SCOPES.get(kind)
    besides = f", with {code(scope)}" if scope is not None and scope not in scopes else ""
    return f"announced as {code(kind)}{besides}"


def _message(summary: str, post: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    content = post["requestBody"]["content"]["application/json"]
    schema = schemas[content["schema"]["$ref"].rpartition("/")[2]]
    example = json.dumps(content["example"], indent=2, ensure_ascii=False)
    fields = "\n".join(
        f"- {code(name)}: {facts['description']}" if "description" in facts else f"- {code(name)}"
        for name, facts in schema["properties"].items()
    )
    return "\n\n".join(
        (
            f"### {summary}",
            post["description"],
            fields,
            f"```json\n{example}\n```",
        )
    )


def _answers(responses: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (code(status) if status != "default" else "anything else", said["description"])
        for status, said in responses.items()
    ]
