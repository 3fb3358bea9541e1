"""What happens to organisations, their accounts and their members."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from msgspec import Meta

from qonto_simulator.records.organisation import PLANS, Membership
from qonto_simulator.render.common import Document
from qonto_simulator.render.organisations import bank_account, membership
from qonto_simulator.rules import accounts, people, reminders

from .call import call
from .desk import Desk
from .fields import Id, Organization, Text
from .schemas import one_of

Plan = Annotated[str, one_of(PLANS)]
Activation = Literal["enabled", "disabled", "pending_creation", "pending_deletion"]
Role = Literal["owner", "admin", "manager", "reporting", "employee", "accountant"]


class Member(TypedDict):
    """Somebody who can log in and consent for an organisation."""

    membership_id: str
    username: str
    password: str
    name: str
    role: str


class OrganizationFacts(TypedDict):
    """An organisation with what is needed to act for it."""

    id: str
    slug: str
    legal_name: str
    country: str
    secret_key: str
    membership_id: Annotated[str, Meta(description="Of the first member, the owner")]
    members: list[Member]
    client_invoices: int
    supplier_invoices: int


class People(Desk):
    """Organisations as their owners and Qonto's support would change them."""

    @call("GET", "/organizations", "The organisations, their API keys and who can log in.")
    def organizations(self) -> list[OrganizationFacts]:
        return [
            OrganizationFacts(
                id=books.organisation.id,
                slug=books.organisation.slug,
                legal_name=books.organisation.legal_name,
                country=books.organisation.country,
                secret_key=books.organisation.secret_key,
                membership_id=books.organisation.owner.id,
                members=[self._facts(one) for one in books.organisation.active_members],
                client_invoices=len(books.client_invoices),
                supplier_invoices=len(books.supplier_invoices),
            )
            for books in self._world.books.values()
        ]

    @call(
        "PATCH",
        "/organizations",
        "Change how an organisation numbers invoices, its e-invoicing, plan, add-on or status.",
        answers="organization",
        example={"automatic_numbering": False},
    )
    def set_organization(
        self,
        *,
        organization_id: Organization = None,
        automatic_numbering: Annotated[
            bool | None, Meta(description="False: every invoice needs a number of its own")
        ] = None,
        einvoicing: Annotated[
            Activation | None, Meta(description="Sending and receiving e-invoices")
        ] = None,
        einvoicing_receiving: Annotated[
            Activation | None, Meta(description="Receiving alone; as `einvoicing` by default")
        ] = None,
        invoice_automation: Annotated[
            bool | None,
            Meta(description="The add-on for reminders; false removes it with all that are set"),
        ] = None,
        status: Annotated[
            Literal["activated", "suspended"] | None,
            Meta(description="A change of it is told to subscribers of `v1/organizations`"),
        ] = None,
        plan: Annotated[
            Plan | None, Meta(description="The price plan, on which it depends what is open")
        ] = None,
    ) -> Document:
        books, now = self._world.books_of(organization_id), self._world.now()
        organisation = books.organisation
        organisation.plan = plan or organisation.plan
        if automatic_numbering is not None:
            organisation.automatic_numbering = automatic_numbering
        if einvoicing is not None:
            organisation.einvoicing_sending = organisation.einvoicing_receiving = einvoicing
        if einvoicing_receiving is not None:
            organisation.einvoicing_receiving = einvoicing_receiving
        if invoice_automation is not None:
            organisation.invoice_automation = invoice_automation
            if not invoice_automation:
                reminders.remove_all(books)
        if status is not None and status != organisation.status:
            organisation.status = status
            data: Document = {"event": status, "id": organisation.id, "slug": organisation.slug}
            self._world.hub.emit(organisation.id, "v1/organizations", data, now)
        return {
            "id": organisation.id,
            "status": organisation.status,
            "automatic_numbering": organisation.automatic_numbering,
            "einvoicing": organisation.einvoicing_sending,
            "einvoicing_receiving": organisation.einvoicing_receiving,
            "invoice_automation": organisation.invoice_automation,
            "plan": organisation.plan,
        }

    @call(
        "POST",
        "/members",
        "Somebody joins an organisation and can log in; emits `created`. The same e-mail in several"
        " organisations is one person.",
        answers="member",
        status=201,
        example={"email": "nora@example.com", "role": "admin"},
    )
    def add_member(
        self,
        email: Annotated[Text, Meta(description="What the person logs in with")],
        *,
        organization_id: Organization = None,
        first_name: Annotated[str, Meta(description="As the API shows it")] = "Nora",
        last_name: Annotated[str, Meta(description="As the API shows it")] = "Petit",
        role: Annotated[Role, Meta(description="The role in this organisation")] = "admin",
    ) -> Member:
        books, now = self._world.books_of(organization_id), self._world.now()
        organisation = books.organisation
        username = email.strip().lower()
        if any(one.email == username for one in organisation.members):
            raise ValueError(f"{username} is a member already")
        team = organisation.owner.team_id
        person = people.Newcomer(username, first_name, last_name, role, team)
        return self._facts(people.join(self._world, books, person, at=now))

    @call(
        "POST",
        "/members/{id}/accept",
        "Somebody who was invited accepts, and can log in from now on; emits `updated`.",
        answers="member",
    )
    def accept_invitation(self, id: Id) -> Member:
        books, person = self._world.membership(id)
        return self._facts(people.accept(self._world, books, person, at=self._world.now()))

    @call(
        "POST",
        "/members/change",
        "The last member of an organisation gets another role; emits `updated`.",
        answers="membership",
        example={"role": "admin"},
    )
    def change_member(
        self,
        *,
        organization_id: Organization = None,
        role: Annotated[Text, Meta(description="The new role")] = "admin",
    ) -> Document:
        books, now = self._world.books_of(organization_id), self._world.now()
        person = books.organisation.members[-1]
        person.role = role
        return membership(people.change(self._world, books, person, at=now))

    @call(
        "POST",
        "/bank_accounts/{id}/rename",
        "A bank account gets another name; emits `updated`.",
        answers="bank_account",
        example={"name": "Trésorerie"},
    )
    def rename_account(
        self, id: Id, name: Annotated[str, Meta(description="The new name")]
    ) -> Document:
        now = self._world.now()
        for books in self._world.books.values():
            account = books.account(id)
            if account is not None:
                return bank_account(accounts.rename(self._world, books, account, name, at=now))
        raise KeyError(id)

    def _facts(self, person: Membership) -> Member:
        return Member(
            membership_id=person.id,
            username=person.email,
            password=self._parts.password,
            name=f"{person.first_name} {person.last_name}",
            role=person.role,
        )
