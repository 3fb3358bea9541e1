"""Whom an organisation pays: how a beneficiary comes to be known, judged and trusted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from qonto_simulator.records.catalogue import Beneficiary
from qonto_simulator.render.events import beneficiary_event
from qonto_simulator.world import Books, World

TYPE = "v1/beneficiaries"
STATUSES = ("pending", "validated", "declined")
ACTIVITY_TAGS = (
    *("atm", "fallback", "fees", "finance", "food_and_grocery", "gas_station"),
    *("hardware_and_equipment", "hotel_and_lodging", "insurance", "it_and_electronics"),
    *("legal_and_accounting", "logistics", "manufacturing", "marketing", "office_rental"),
    *("office_supply", "online_service", "other_expense", "other_income", "other_service"),
    *("pending", "refund", "restaurant_and_bar", "sales", "salary", "subscription", "tax"),
    *("transport", "treasury_and_interco", "utility", "voucher"),
)


@dataclass(frozen=True, slots=True)
class BeneficiaryFields:
    """A beneficiary as it is asked for; ``None`` is what nothing was said about."""

    name: str
    iban: str
    bic: str | None = None
    email: str | None = None
    activity_tag: str | None = None

    def said(self) -> dict[str, object]:
        """All but the IBAN that something was said about."""
        every = {
            "name": self.name,
            "bic": self.bic,
            "email": self.email,
            "activity_tag": self.activity_tag,
        }
        return {name: value for name, value in every.items() if value is not None}


def remember(world: World, books: Books, fields: BeneficiaryFields, *, at: datetime) -> Beneficiary:
    """The beneficiary with this IBAN: a new one, untrusted and to be judged, or the one that is
    there already, with its name and whatever else was said overwritten."""
    known = with_iban(books, fields.iban)
    if known is not None:
        return change(world, books, known, fields.said(), at=at)
    return add(world, books, fields, at=at)


def with_iban(books: Books, iban: str) -> Beneficiary | None:
    return next((one for one in books.beneficiaries if one.iban == iban), None)


def add(
    world: World,
    books: Books,
    fields: BeneficiaryFields,
    *,
    at: datetime,
    status: str = "pending",
    trusted: bool = False,
) -> Beneficiary:
    """A new beneficiary, which is judged after a while if it is ``pending``."""
    one = Beneficiary(
        id=world.ids.uuid7(at),
        name=fields.name,
        iban=fields.iban,
        bic=fields.bic or world.payees.bic(fields.iban) or "",
        email=fields.email or "",
        status=status,
        trusted=trusted,
        created_at=at,
        updated_at=at,
        activity_tag=fields.activity_tag or "other_service",
    )
    books.beneficiaries.add(one)
    due = at + timedelta(seconds=world.quirks.beneficiary_delay)
    world.agenda.at(due, partial(_judge, world, books, one))
    _tell(world, books, one, "created", at)
    return one


def change(
    world: World, books: Books, one: Beneficiary, changes: Mapping[str, object], *, at: datetime
) -> Beneficiary:
    """The beneficiary with new values; nothing happens where they are the old ones."""
    new = {name: value for name, value in changes.items() if getattr(one, name) != value}
    if new:
        for name, value in new.items():
            setattr(one, name, value)
        books.beneficiaries.save(one, at)
        _tell(world, books, one, "updated", at)
    return one


def set_trust(
    world: World, books: Books, chosen: Iterable[Beneficiary], trusted: bool, *, at: datetime
) -> None:
    """All of them are trusted from now on, or none."""
    for one in chosen:
        change(world, books, one, {"trusted": trusted}, at=at)


def decide(
    world: World, books: Books, one: Beneficiary, status: str, *, at: datetime
) -> Beneficiary:
    """The beneficiary with Qonto's judgement; a declined one is no longer trusted."""
    trusted = one.trusted and status == "validated"
    return change(world, books, one, {"status": status, "trusted": trusted}, at=at)


def _judge(world: World, books: Books, one: Beneficiary, at: datetime) -> None:
    """Decline a BIC of another country than the IBAN's, unless somebody has decided before."""
    if one.status != "pending":
        return
    fits = not one.bic or one.bic[4:6] == one.iban[:2]
    decide(world, books, one, "validated" if fits else "declined", at=max(at, one.updated_at))


def _tell(world: World, books: Books, one: Beneficiary, event: str, at: datetime) -> None:
    if world.hub.wants(books.organisation.id, TYPE):
        world.hub.emit(books.organisation.id, TYPE, beneficiary_event(one, event), at)
