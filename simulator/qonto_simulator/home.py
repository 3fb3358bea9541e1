"""The human page at the root: one organisation, its documents, and buttons for what may happen.

Plain forms and links; it works in every browser and without scripts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from .collection import Selection
from .control import Control
from .errors import ApiError
from .money import readable
from .oauth.applications import OAuthClient
from .oauth.authorize import TestUser
from .pages import page
from .times import with_offset
from .world import Books, World

ROWS = 15


@dataclass(frozen=True, slots=True)
class Row:
    """A document in a table: what it is, and what may be done with it."""

    id: str
    name: str
    party: str
    amount: str
    status: str
    actions: tuple[tuple[str, str], ...] = ()


class HomePage:
    """Shows one organisation of a simulator and passes buttons on to its control calls."""

    def __init__(
        self,
        world: World,
        control: Control,
        *,
        application: OAuthClient,
        user: TestUser,
        staging_token: str | None,
    ) -> None:
        self._world = world
        self._control = control
        self._application = application
        self._user = user
        self._staging_token = staging_token

    def routes(self) -> list[Route]:
        return [
            Route("/", self.show, methods=["GET"]),
            Route("/", self.act, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        world, query = self._world, request.query_params
        try:
            books = world.books_of(query.get("organization") or None)
        except KeyError:
            books = world.first
        now = world.now()
        return page(
            "home.html",
            application=self._application,
            user=self._user,
            staging_token=self._staging_token,
            base=str(request.base_url).rstrip("/"),
            organisation=books.organisation,
            organisations=[one.organisation for one in world.books.values()],
            now=with_offset(now),
            message=query.get("message", ""),
            problem=query.get("problem", ""),
            invoices=_invoices(books),
            bills=_bills(books),
            quotes=_quotes(books),
            transactions=_transactions(books),
            deliveries=_deliveries(world, books),
            accounts=[
                (account.name, account.iban, _amount(account.balance, account.currency))
                for account in books.organisation.bank_accounts
            ],
            total=len(books.client_invoices),
        )

    async def act(self, request: Request) -> Response:
        """Does what a button says, then shows the page again with the outcome on it."""
        form = {
            name: value for name, value in (await request.form()).items() if isinstance(value, str)
        }
        slug = form.get("organization", "")
        try:
            told = {"message": await self._do(form)}
        except ApiError as refusal:
            told = {"problem": refusal.problems[0].detail}
        except (KeyError, ValueError) as problem:
            told = {"problem": f"That did not work: {problem}"}
        target = urlencode({"organization": slug, **told})
        return RedirectResponse(f"/?{target}", status_code=303)

    async def _do(self, form: Mapping[str, str]) -> str:
        control, id = self._control, form.get("id", "")
        organisation = form.get("organization") or None
        match form.get("action", ""):
            case "create_invoice":
                made = control.create_invoice(organization_id=organisation)
                return f"Invoice {made['number']} was issued."
            case "create_draft":
                made = control.create_invoice(organization_id=organisation, status="draft")
                return f"Draft {made['number']} was written."
            case "finalize":
                return f"Invoice {control.finalize_invoice(id)['number']} is final."
            case "pay":
                return f"Invoice {control.pay_invoice(id)['number']} was paid by bank transfer."
            case "cancel":
                return f"Invoice {control.cancel_invoice(id)['number']} was canceled."
            case "receive":
                control.receive_supplier_invoice(organization_id=organisation)
                return "A supplier invoice arrived by e-mail; it is read in a few seconds."
            case "transaction":
                control.bank_transaction(organization_id=organisation)
                return "Money arrived."
            case "approve":
                return f"Quote {control.decide_quote(id)['number']} was approved."
            case "revoke":
                count = control.revoke_consent(organization_id=organisation)
                return f"Consents revoked: {count}."
            case "resend":
                control.resend(id)
                return "The event is delivered once more."
            case "advance":
                control.advance(float(form.get("seconds", "3600")))
                return "Time went on."
            case other:
                raise ValueError(f"there is no button {other!r}")


def _amount(value: Decimal | None, currency: str) -> str:
    return "" if value is None else readable(value, currency)


def _invoices(books: Books) -> list[Row]:
    actions = {
        "draft": (("finalize", "Finalize"),),
        "unpaid": (("pay", "Client pays"), ("cancel", "Cancel")),
    }
    rows, _ = books.client_invoices.select(Selection(), 0, ROWS)
    return [
        Row(
            one.id,
            one.number,
            one.client.display_name,
            _amount(one.total, one.currency),
            one.status,
            actions.get(one.status, ()),
        )
        for one in rows
    ]


def _bills(books: Books) -> list[Row]:
    rows, _ = books.supplier_invoices.select(Selection(), 0, ROWS)
    found: list[Row] = []
    for one in rows:
        reading = one.reading if one.analyzed_at else None
        found.append(
            Row(
                one.id,
                (reading.invoice_number if reading else None) or one.file_name,
                reading.supplier_name if reading else "being read",
                _amount(reading.total, reading.currency) if reading else "",
                one.status,
            )
        )
    return found


def _quotes(books: Books) -> list[Row]:
    rows, _ = books.quotes.select(Selection(), 0, ROWS)
    return [
        Row(
            one.id,
            one.number,
            one.client.display_name,
            _amount(one.total, one.currency),
            one.status,
            (("approve", "Client approves"),) if one.status == "pending_approval" else (),
        )
        for one in rows
    ]


def _transactions(books: Books) -> list[Row]:
    account = books.organisation.main_account
    rows, _ = books.transactions[account.id].select(Selection(), 0, ROWS)
    return [
        Row(one.id, one.label, one.reference or "", _amount(one.signed, one.currency), one.status)
        for one in rows
    ]


def _deliveries(world: World, books: Books) -> list[Row]:
    recent = [one for one in world.hub.history if one.organisation_id == books.organisation.id][
        -ROWS:
    ]
    return [
        Row(
            one.event_id,
            one.type,
            one.callback_url,
            f"{len(one.attempts)} of {world.quirks.delivery_attempts}",
            one.state,
            (("resend", "Send again"),),
        )
        for one in reversed(recent)
    ]
