"""The page of resources: what each list takes, and the matrix of what can be done."""

from collections.abc import Iterable, Mapping
from typing import Any

from connector.api.operation import Operation
from connector.capabilities import ACTIONS, Capabilities, Row, resource_of
from connector.capabilities import RESOURCES as CONTRACT
from connector.faces.rest.parameters import LIST_PARAMETERS
from connector.resources import RESOURCES
from connector.resources.filters import Filter
from connector.resources.resource import Resource
from tests.reference import code, page, table

WORDS = {"supported": "yes", "not_enabled": "not yet", "not_supported": "–"}

_INTRODUCTION = """
All lists are below `/accounting`. [Read and page through lists](../guides/read.md) shows how, and
[Write](../guides/write.md) how to make and change records.
`GET /capabilities` and `qonto-connector capabilities` say the same of a running service; its
`/docs` has every field.
"""
_MATRIX = """
For Qonto, by resource of the contract. *Not yet* is what Qonto has and this service doesn't
offer: such calls are answered with 404 `NOT_ENABLED`. – is what Qonto doesn't have: 404
`NOT_SUPPORTED`. Changes come as [events](events.md).
"""


def resources(matrix: Capabilities, operations: Iterable[Operation[Any]]) -> str:
    """Return the page for a target system, as these operations serve it."""
    rows = {row.resource: row for row in matrix.resources}
    calls: dict[str | None, list[Operation[Any]]] = {}
    for one in operations:
        if one.is_described and one.status < 400:
            beyond = None if one.offers is None else one.offers[0]
            calls.setdefault(resource_of(one.path) or beyond, []).append(one)
    return page(
        "Resources and capabilities",
        _INTRODUCTION,
        "## What can be read, written and watched",
        _MATRIX,
        _cells(matrix),
        _notes(matrix),
        "## What every list takes",
        table(
            ("Parameter", "Takes", "Meaning"),
            [(code(one.name), _values(one.schema), one.description) for one in LIST_PARAMETERS],
        ),
        "## Each resource",
        *(_resource(one, rows.get(one.name), calls) for one in RESOURCES),
    )


def _cells(matrix: Capabilities) -> str:
    rows: list[tuple[str, ...]] = []
    nothing: list[str] = []
    for row in matrix.resources:
        cells = [WORDS[row.cell(action).here] for action in ACTIONS]
        if set(cells) == {WORDS["not_supported"]}:
            nothing.append(code(row.resource))
        else:
            rows.append((code(row.resource), *cells))
    here, maesn = matrix.totals.here, matrix.totals.maesn
    heads = ("Resource", *(action.capitalize() for action in ACTIONS))
    return "\n\n".join(
        (
            table(heads, rows),
            f"Qonto has none of these: {', '.join(nothing)}.",
            f"Of the {len(CONTRACT) * len(ACTIONS)} cells of the contract's resources "
            f"{here.supported} are a yes and "
            f"{here.not_enabled} a not yet. On Maesn's page for Qonto {maesn.supported} are "
            f"supported and {maesn.on_demand} on demand.",
        )
    )


def _notes(matrix: Capabilities) -> str:
    notes = [
        (code(row.resource), action, why)
        for row in matrix.resources
        for action in ACTIONS
        if (why := row.cell(action).why) is not None
    ]
    return "Worth knowing:\n\n" + table(("Resource", "Action", ""), notes)


def _resource(
    resource: Resource[Any], row: Row | None, calls: Mapping[str | None, list[Operation[Any]]]
) -> str:
    lines = [] if resource.lines is None else calls.get(resource.lines.name, [])
    served = [
        (code(f"{one.method} {one.path}"), one.summary) for one in (*calls[resource.name], *lines)
    ]
    parts = [f"### {resource.name}", resource.description, table(("Call", "What it does"), served)]
    facts = [f"Permission of the API key: `{resource.permission}`{_to_write(resource)}."]
    if row is not None and row.scopes:
        facts.append(f"Scopes at Qonto: {', '.join(map(code, row.scopes))}.")
    if resource.orders:
        facts.append(f"Orders (`orderField`, `orderDir`): {', '.join(map(code, resource.orders))}.")
    parts.append(" ".join(facts))
    if resource.filters:
        parts.append(table(("Filter", "Takes", "Meaning"), map(_filter, resource.filters)))
    return "\n\n".join(part for part in parts if part)


def _to_write(resource: Resource[Any]) -> str:
    needed = sorted({one.permission for one in (*resource.writes, *resource.batches)})
    return f", to write {', '.join(map(code, needed))}" if needed else ""


def _filter(one: Filter) -> tuple[str, str, str]:
    return code(one.name), _values(one.schema), one.meaning


def _values(schema: Mapping[str, object]) -> str:
    choices = schema.get("enum")
    if isinstance(choices, list):
        return ", ".join(code(str(choice)) for choice in choices)
    return str(schema.get("format") or schema["type"])
