"""Closing bank accounts at Qonto: what stands against it, and the call that the owner approves."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from connector.errors import DownstreamRefused, MissingScope
from connector.http import ProviderCall
from connector.paying.ports import ActAnswer, ActDone, ApprovalState
from connector.ports import PreparedWrite
from connector.providers.qonto.client import BANK_ACCOUNTS, TRANSACTIONS, TRANSFERS, QontoClient
from connector.providers.qonto.documents.bank import QontoBankAccount
from connector.providers.qonto.mapping import Calendar, map_bank_account
from connector.providers.qonto.mapping.bank_notes import BankNotes
from connector.providers.qonto.paying.transfers import (
    METHOD_HEADER,
    NEEDS_APPROVAL,
    NO_APPROVAL,
    TOKEN_HEADER,
    QontoTransfers,
    read_challenge,
)
from connector.providers.qonto.session.lists import known_id
from connector.unified.bank_account import BankAccount
from connector.unified.enums import ApprovalMethod
from connector.writing.problems import Problems
from oauth.errors import NotSupported
from oauth.tokens import AccessSource
from storage.clock import Clock

CLOSE = "bank_account.write"
_CLOSED = "closed"
_UNDER_WAY = (("status[]", "pending"), ("status[]", "processing"))
_SHOWN = ("id", "name", "iban", "status", "balance", "currency")


@dataclass(frozen=True)
class QontoClosing:
    """The ClosingSystem of Qonto. `forget` drops what is remembered of a linked account's books."""

    client: QontoClient
    access: AccessSource
    transfers: QontoTransfers
    clock: Clock
    forget: Callable[[str], None]

    async def check(self, account_id: str, bank_account_id: str) -> PreparedWrite:
        await self._may_close(account_id)
        document = await self._look(account_id, known_id(bank_account_id))
        await self._refuse(account_id, document)
        shown = map_bank_account(document, Calendar(self.clock(), None)).value
        expected = _shown(shown)
        seen = hashlib.sha256(msgspec.json.encode(expected, order="sorted")).hexdigest()
        return PreparedWrite(b"", expected=expected, about=bank_account_id, seen=seen)

    async def close(
        self, account_id: str, bank_account_id: str, method: ApprovalMethod, token: str | None
    ) -> ActAnswer:
        document = await self._look(account_id, bank_account_id)
        if document.status == _CLOSED:
            return ActDone()
        approved = () if token is None else ((TOKEN_HEADER, token),)
        path = f"{BANK_ACCOUNTS.path}/{bank_account_id}/close"
        call = ProviderCall(
            "POST",
            path,
            f"{BANK_ACCOUNTS.path}/{{id}}/close",
            scope=CLOSE,
            headers=((METHOD_HEADER, method), *approved),
            wanted=(NEEDS_APPROVAL, NO_APPROVAL),
        )
        try:
            answer = await self.client.call(account_id, call)
        except DownstreamRefused:
            # Qonto says only that it's invalid: look at what has come between
            await self._refuse(account_id, await self._look(account_id, bank_account_id))
            raise
        finally:
            self.forget(account_id)
        return ActDone() if answer.status < 300 else read_challenge(answer)

    async def is_closed(self, account_id: str, bank_account_id: str) -> bool:
        return (await self._look(account_id, bank_account_id)).status == _CLOSED

    async def approval(self, account_id: str, token: str, method: ApprovalMethod) -> ApprovalState:
        return await self.transfers.approval(account_id, token, method)

    async def _may_close(self, account_id: str) -> None:
        granted = (await self.access.get(account_id)).scopes
        if granted is None:
            raise NotSupported(
                "This account is linked by API key, and Qonto closes bank accounts only for "
                "accounts that are linked by OAuth. The owner closes them in Qonto's app."
            )
        for scope in (BANK_ACCOUNTS.scope, CLOSE):
            if scope not in granted:
                raise MissingScope(scope)

    async def _look(self, account_id: str, bank_account_id: str) -> QontoBankAccount:
        document, _ = await self.client.one(account_id, BANK_ACCOUNTS, bank_account_id)
        return document

    async def _refuse(self, account_id: str, document: QontoBankAccount) -> None:
        """Raise Invalid with everything that stands against closing an account."""
        problems = Problems()
        if document.status != "active":
            problems.add(
                "status", "WRONG_STATUS", f"An account that is {document.status} can't be closed."
            )
        if document.main:
            problems.add("id", "MAIN_ACCOUNT", "The main account can't be closed.")
        if document.is_external_account:
            problems.add(
                "id", "EXTERNAL_ACCOUNT", "An account at another bank can't be closed at Qonto."
            )
        if _has_money(document):
            problems.add(
                "balance",
                "BALANCE_NOT_ZERO",
                "There is or will be money on the account: transfer it to another account first.",
            )
        if not problems:  # what follows takes calls, and none of them helps the others
            await self._refuse_waiting(account_id, document.id or "", problems)
        problems.check()

    async def _refuse_waiting(
        self, account_id: str, bank_account_id: str, problems: Problems
    ) -> None:
        asked = (("bank_account_id", bank_account_id), ("status[]", "pending"))
        pending = await self.client.page(account_id, TRANSACTIONS, 1, 1, asked)
        if pending.records:
            problems.add(
                "id", "PENDING_TRANSACTIONS", "There are transactions that aren't completed yet."
            )
        if await self._has_transfers(account_id, bank_account_id):
            problems.add(
                "id", "PENDING_TRANSFERS", "There are transfers that aren't executed: cancel them."
            )

    async def _has_transfers(self, account_id: str, bank_account_id: str) -> bool:
        number: int | None = 1
        while number is not None:
            page = await self.client.page(account_id, TRANSFERS, number, params=_UNDER_WAY)
            for record in page.records:
                document = record.document
                if document is not None and document.bank_account_id == bank_account_id:
                    return True
            number = page.meta.next_page
        return False


def _has_money(document: QontoBankAccount) -> bool:
    """Say whether there is or will be any; what Qonto doesn't show it knows itself."""
    notes = BankNotes("bank account", document)
    balance = notes.banked("balance", document.balance, document.balance_cents)
    to_be = notes.banked(
        "authorized_balance", document.authorized_balance, document.authorized_balance_cents
    )
    return bool(balance) or bool(to_be)


def _shown(account: BankAccount) -> dict[str, Any]:
    told = {name: getattr(account, name) for name in _SHOWN}
    return {name: value for name, value in told.items() if value is not None}
