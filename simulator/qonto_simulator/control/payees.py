"""What happens on the side of those who are paid, and what their banks say of them."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from msgspec import Meta

from qonto_simulator import identifiers
from qonto_simulator.render.beneficiaries import beneficiary
from qonto_simulator.render.common import Document
from qonto_simulator.rules import beneficiaries as rules
from qonto_simulator.rules.verification import FAILURES, MOCKED, OUTCOMES
from qonto_simulator.seeding.scenery import scenery, supplier_named

from .call import call
from .desk import Desk
from .fields import Id, Organization, Text
from .schemas import one_of


class Payee(TypedDict):
    """An account that can be asked about."""

    iban: str
    holder: Annotated[str | None, Meta(description="Whose it is; null for a mocked one")]
    outcome: Annotated[
        str | None, Meta(description="What every verification comes to; null: the names decide")
    ]


class Payees(Desk):
    """Beneficiaries, and the verification of payees."""

    @call(
        "POST",
        "/beneficiaries",
        "Somebody adds a beneficiary in the app; emits `created`, for a known IBAN `updated`.",
        answers="beneficiary",
        status=201,
        example={"name": "Imprimerie Rochet"},
    )
    def add_beneficiary(
        self,
        *,
        organization_id: Organization = None,
        name: Annotated[
            str | None, Meta(description="Who is paid; the country's printer by default")
        ] = None,
        iban: Annotated[
            str | None, Meta(description="A valid IBAN; the one that name has by default")
        ] = None,
        status: Annotated[Text, Meta(description="As the API shows it")] = "validated",
        trusted: Annotated[bool, Meta(description="As the API shows it")] = False,
    ) -> Document:
        books, now = self._world.books_of(organization_id), self._world.now()
        country = books.organisation.country
        known = supplier_named(country, name or scenery(country).suppliers.printer.name)
        account = iban or known.iban or ""
        if not identifiers.iban_is_valid(account):
            raise ValueError("iban is not valid")
        if iban is None:
            self._world.payees.introduce(account, known.name, known.bic or "")
        fields = rules.BeneficiaryFields(known.name, account, known.bic, known.email or None)
        one = rules.with_iban(books, account)
        if one is None:
            return beneficiary(
                rules.add(self._world, books, fields, at=now, status=status, trusted=trusted)
            )
        changes = {**fields.said(), "status": status, "trusted": trusted}
        return beneficiary(rules.change(self._world, books, one, changes, at=now))

    @call(
        "POST",
        "/beneficiaries/{id}/decide",
        "Qonto's review of a beneficiary comes to its end; emits `updated`.",
        answers="beneficiary",
        example={"status": "declined"},
    )
    def decide_beneficiary(
        self,
        id: Id,
        status: Annotated[
            Literal["validated", "declined"], Meta(description="How it ends")
        ] = "validated",
    ) -> Document:
        world, now = self._world, self._world.now()
        for books in world.books.values():
            one = books.beneficiaries.get(id)
            if one is not None:
                return beneficiary(rules.decide(world, books, one, status, at=now))
        raise KeyError(id)

    @call(
        "GET",
        "/payees",
        "The accounts whose holders are known, and those of which the outcome is set.",
    )
    def payees(self) -> list[Payee]:
        banks = self._world.payees
        ibans = dict.fromkeys((*banks.holders, *banks.outcomes, *MOCKED))
        return [self._payee(iban) for iban in ibans]

    @call(
        "POST",
        "/payees",
        "Say whose an account is, or what every verification of it comes to.",
        answers="payee",
        example={"iban": "FR7630006000011234567890189", "holder": "Papeterie du Centre"},
    )
    def set_payee(
        self,
        iban: Annotated[Text, Meta(description="A valid IBAN of the SEPA area")],
        *,
        holder: Annotated[
            Text | None, Meta(description="The name that the bank knows; as it was by default")
        ] = None,
        outcome: Annotated[
            Annotated[str, one_of(OUTCOMES)] | None,
            Meta(description="A result or an error code, as it goes out; null: the names decide"),
        ] = None,
    ) -> Payee:
        if not identifiers.is_sepa_iban(iban):
            raise ValueError("iban is not valid")
        if holder is not None:
            self._world.payees.open(iban, holder)
        self._world.payees.set_outcome(iban, outcome)
        return self._payee(iban)

    @call(
        "POST",
        "/verifications/refuse",
        "The next verifications of payees fail as a whole, skipped and bulk ones as well.",
        example={"code": "GATEWAY_TIMEOUT_ERROR_RESPONDING_BANK"},
    )
    def refuse_verifications(
        self,
        code: Annotated[
            Annotated[str, one_of(FAILURES)], Meta(description="The error, as it goes out")
        ],
        *,
        times: Annotated[
            Annotated[int, Meta(ge=1, le=1_000)], Meta(description="How many calls")
        ] = 1,
    ) -> None:
        self._world.payees.refuse_next(code, times)

    def _payee(self, iban: str) -> Payee:
        banks = self._world.payees
        outcome = banks.outcomes.get(iban) or MOCKED.get(iban)
        return Payee(iban=iban, holder=banks.holders.get(iban), outcome=outcome)
