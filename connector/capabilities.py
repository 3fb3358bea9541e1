"""Which resources can be read, written and watched: what is offered here, and what Maesn offers.

Nothing here is typed in twice: what is offered follows from the routes, the readers and the
webhooks; what a target system has, and what Maesn offers for it, are the provider's facts. Pure.
"""

import re
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Annotated, Literal, get_args

import msgspec

from connector.api.meaning import meaning
from connector.api.named import named
from oauth.words import Target

Action = Literal["read", "create", "update", "delete", "webhook"]
ACTIONS: tuple[Action, ...] = get_args(Action)
"""What can be done with a resource; `webhook` is to be told of its changes."""

Baseline = Literal["supported", "on_demand", "not_supported"]
"""What Maesn offers: at once, after asking for it, or not."""

Here = Literal["supported", "not_enabled", "not_supported"]
"""What this service offers: it does, the target system alone has it, or neither."""

RESOURCES = (
    "accounts",
    "asyncTask",
    "bankAccounts",
    "bills",
    "billLines",
    "bookingProposals",
    "contacts",
    "customers",
    "creditNotes",
    "dimensions",
    "expenses",
    "files",
    "fiscalYears",
    "goodsReceipts",
    "goodsReceiptLines",
    "invoices",
    "invoiceLines",
    "items",
    "journals",
    "journalEntries",
    "offers",
    "offerLines",
    "openItems",
    "payments",
    "paymentTerms",
    "projects",
    "purchaseOrders",
    "purchaseOrderLines",
    "salesOrders",
    "salesOrderLines",
    "suppliers",
    "taxRates",
    "transactions",
    "trialBalance",
    "units",
    "users",
    "vendorCredits",
)
"""The resources of the contract, in its order."""

_LINES = {f"{name.removesuffix('Lines')}s": name for name in RESOURCES if name.endswith("Lines")}
_PREFIX = re.compile(r"/accounting/(?:v2/|batch/)?")
_SINGULAR = {"vendorCredit": "vendorCredits"}
"""Where the contract names one record in the path that creates it."""


@dataclass(frozen=True, slots=True)
class Concept:
    """One resource at a target system, whether this service offers it or not.

    `maesn` has a letter for each of ACTIONS: S for supported, D for on demand, - for neither.
    `actions` are those that the target system has. `scopes` are what reading takes; `why` is
    worth knowing of single actions.
    """

    maesn: str = "-----"
    actions: AbstractSet[Action] = frozenset()
    scopes: tuple[str, ...] = ()
    why: Mapping[Action, str] = field(default_factory=dict[Action, str])


_BASELINE_NAME = named("Baseline", "What Maesn offers: at once, after asking for it, or not.")
_HERE_NAME = named(
    "Here", "What is offered here: it is, the target system alone has it, or neither does."
)


class Cell(msgspec.Struct, frozen=True):
    __doc__ = """One action on one resource. `why` is null where the word says it all."""

    maesn: Annotated[Annotated[Baseline, _BASELINE_NAME], meaning("What Maesn offers.")]
    here: Annotated[Annotated[Here, _HERE_NAME], meaning("What is offered here.")]
    why: Annotated[
        str | None, meaning("What is worth knowing of it; null where the word says it all.")
    ]


class Row(msgspec.Struct, frozen=True):
    __doc__ = """One resource. `scopes` are what reading it takes."""

    resource: Annotated[str, meaning("The resource.")]
    scopes: Annotated[tuple[str, ...], meaning("The scopes that reading it takes.")]
    read: Annotated[Cell, meaning("Reading it.")]
    create: Annotated[Cell, meaning("Making one.")]
    update: Annotated[Cell, meaning("Changing one.")]
    delete: Annotated[Cell, meaning("Deleting one.")]
    webhook: Annotated[Cell, meaning("Being told of its changes.")]

    def cell(self, action: Action) -> Cell:
        """Return the cell of an action."""
        found: Cell = getattr(self, action)
        return found


class BaselineTotals(msgspec.Struct, frozen=True, rename="camel"):
    __doc__ = """How many cells of each kind Maesn has."""

    supported: Annotated[int, meaning("Cells that are offered at once.")]
    on_demand: Annotated[int, meaning("Cells that are offered after asking for it.")]
    not_supported: Annotated[int, meaning("Cells that are not offered.")]


class HereTotals(msgspec.Struct, frozen=True, rename="camel"):
    __doc__ = """How many cells of each kind this service has."""

    supported: Annotated[int, meaning("Cells that are offered.")]
    not_enabled: Annotated[int, meaning("Cells that the target system alone has.")]
    not_supported: Annotated[int, meaning("Cells that neither has.")]


class Totals(msgspec.Struct, frozen=True):
    __doc__ = """The cells of the contract's resources, counted."""

    maesn: Annotated[BaselineTotals, meaning("The cells of Maesn.")]
    here: Annotated[HereTotals, meaning("The cells of this service.")]


class Capabilities(msgspec.Struct, frozen=True, rename="camel"):
    __doc__ = """What can be done with each resource of one target system."""

    target_system: Annotated[Target, meaning("The target system.")]
    totals: Annotated[Totals, meaning("The cells counted.")]
    resources: Annotated[tuple[Row, ...], meaning("What can be done with each resource.")]


def resource_of(path: str) -> str | None:
    """Return which resource a path is about; None for paths about none of them."""
    prefix = _PREFIX.match(path)
    if prefix is None:
        return None
    first, *rest = path[prefix.end() :].split("/")
    name = _SINGULAR.get(first, first)
    if len(rest) >= 2 and rest[1] == "lineItems":
        return _LINES.get(name)
    return name if name in RESOURCES else None


def action_of(method: str, path: str) -> Action:
    """Return what a call does. A POST below a single record changes that record, or closes it."""
    if method in ("GET", "HEAD"):
        return "read"
    if method == "DELETE" or path.endswith("}/close"):
        return "delete"
    _, _, below = path.partition("}")
    return "update" if method != "POST" or below not in ("", "/lineItems") else "create"


def webhook_word(resource: str) -> str:
    """Return what the contract calls a resource in webhooks: INVOICE for invoices."""
    word = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", resource).upper()
    return f"{word[:-3]}Y" if word.endswith("IES") else word.removesuffix("S")


def capabilities(
    target: str,
    concepts: Mapping[str, Concept],
    readable: Collection[str],
    topics: Collection[str],
    *,
    served: Collection[tuple[str, str]],
    relayed: Collection[str],
) -> Capabilities:
    """Put the matrix together.

    `readable` are the resources that the target system lets be read, `served` the (resource,
    action) that operations offer. `topics` are the resources whose changes the target system tells
    of, `relayed` those that can be subscribed to here, both in webhook words.
    """

    def offered(resource: str, action: Action) -> bool:
        if action == "webhook":
            return webhook_word(resource) in topics and webhook_word(resource) in relayed
        return (resource, action) in served and (action != "read" or resource in readable)

    def cell(resource: str, action: Action, letter: str) -> Cell:
        concept = concepts.get(resource, Concept())
        here: Here = "not_enabled" if action in concept.actions else "not_supported"
        if offered(resource, action):
            here = "supported"
        return Cell(_BASELINE[letter], here, concept.why.get(action))

    rows: list[Row] = []
    beyond = sorted({resource for resource, _ in served}.difference(RESOURCES))
    for resource in (*RESOURCES, *beyond):
        concept = concepts.get(resource, Concept())
        cells = {
            action: cell(resource, action, letter)
            for action, letter in zip(ACTIONS, concept.maesn, strict=True)
        }
        rows.append(Row(resource, concept.scopes, **cells))
    # the totals are of the contract's resources, so that they can be compared
    return Capabilities(target, _totals(rows[: len(RESOURCES)]), tuple(rows))


_BASELINE: dict[str, Baseline] = {"S": "supported", "D": "on_demand", "-": "not_supported"}


def _totals(rows: Collection[Row]) -> Totals:
    cells = [row.cell(action) for row in rows for action in ACTIONS]
    maesn = [cell.maesn for cell in cells]
    here = [cell.here for cell in cells]
    return Totals(
        BaselineTotals(
            maesn.count("supported"), maesn.count("on_demand"), maesn.count("not_supported")
        ),
        HereTotals(here.count("supported"), here.count("not_enabled"), here.count("not_supported")),
    )
