"""What happens to organisations, their accounts and their members."""

from __future__ import annotations

from qonto_simulator.render.common import Document
from qonto_simulator.render.organisations import bank_account, membership

from .desk import Desk


class People(Desk):
    """Organisations as their owners and Qonto's support would change them."""

    def organizations(self) -> list[Document]:
        """The organisations with what is needed to act for them."""
        return [
            {
                "id": books.organisation.id,
                "slug": books.organisation.slug,
                "legal_name": books.organisation.legal_name,
                "country": books.organisation.country,
                "secret_key": books.organisation.secret_key,
                "membership_id": books.organisation.owner.id,
                "client_invoices": len(books.client_invoices),
                "supplier_invoices": len(books.supplier_invoices),
            }
            for books in self._world.books.values()
        ]

    def set_organization(
        self,
        *,
        organization_id: str | None = None,
        automatic_numbering: bool | None = None,
        einvoicing: str | None = None,
        status: str | None = None,
    ) -> Document:
        """Changes the numbering mode, ``einvoicing`` (``enabled`` or ``disabled``), or the status
        (``activated`` or ``suspended``, which is told to subscribers)."""
        books, now = self._world.books_of(organization_id), self._world.now()
        organisation = books.organisation
        if einvoicing not in (None, "enabled", "disabled"):
            raise ValueError("einvoicing must be enabled or disabled")
        if status not in (None, "activated", "suspended"):
            raise ValueError("status must be activated or suspended")
        if automatic_numbering is not None:
            organisation.automatic_numbering = automatic_numbering
        if einvoicing is not None:
            organisation.einvoicing_sending = organisation.einvoicing_receiving = einvoicing
        if status is not None and status != organisation.status:
            organisation.status = status
            data: Document = {"event": status, "id": organisation.id, "slug": organisation.slug}
            self._world.hub.emit(organisation.id, "v1/organizations", data, now)
        return {
            "id": organisation.id,
            "status": organisation.status,
            "automatic_numbering": organisation.automatic_numbering,
            "einvoicing": organisation.einvoicing_sending,
        }

    def change_member(self, *, organization_id: str | None = None, role: str = "admin") -> Document:
        """The last member of an organisation gets another role; emits ``updated``."""
        books, now = self._world.books_of(organization_id), self._world.now()
        person = books.organisation.members[-1]
        person.role, person.updated_at = role, now
        document = membership(person)
        data = {"event": "updated", **document}
        self._world.hub.emit(books.organisation.id, "v1/memberships", data, now)
        return document

    def rename_account(self, id: str, name: str) -> Document:
        """A bank account gets another name; emits ``updated``."""
        now = self._world.now()
        for books in self._world.books.values():
            account = books.account(id)
            if account is not None:
                account.name, account.updated_at = name, now
                document = bank_account(account)
                data = {"event": "updated", **document}
                self._world.hub.emit(books.organisation.id, "v1/accounts", data, now)
                return document
        raise KeyError(id)
