"""Bank accounts at Qonto: opened and renamed. Everything else about them is the bank's."""

import uuid
from dataclasses import dataclass
from typing import Any

from connector.ports import PreparedWrite, Writer, WriteRequest
from connector.providers.qonto.session.lists import known_id
from connector.providers.qonto.writing.matching import holds
from connector.providers.qonto.writing.wire import QontoRequest, Records, prepared
from connector.providers.qonto.writing.writers import Change, KeyedCreation
from connector.writing.problems import Problems
from connector.writing.requests.bank_account import (
    BankAccountChange,
    BankAccountFields,
    BankAccountRequest,
)

_UNUSED = "Qonto decides it."


@dataclass(frozen=True)
class BankAccounts:
    """What is sent to Qonto for a bank account, or everything that is wrong with it."""

    records: Records[Any, Any]

    async def create(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        request: BankAccountRequest = asked.body
        problems = Problems(asked.confirmed)
        name = _name(request, problems)
        problems.check()
        before = [one.id async for one in self.records.every(account_id) if one.name == name]
        sent = QontoRequest(
            "POST",
            {"bank_account": {"name": name}},
            like={"name": name},
            key=str(uuid.uuid4()),
            before=tuple(one for one in before if one),
        )
        return prepared(sent, _warnings(request, problems))

    async def update(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        request: BankAccountChange = asked.body
        record_id = known_id(asked.record_id or "")
        problems = Problems(asked.confirmed)
        document, _ = await self.records.one(account_id, record_id)
        if document.status != "active":
            problems.add(
                "status", "WRONG_STATUS", f"An account that is {document.status} can't be renamed."
            )
        name = _name(request, problems)
        problems.check()
        sent = QontoRequest(
            "PATCH", {"bank_account": {"name": name}}, record_id, like={"name": name}
        )
        return prepared(sent, _warnings(request, problems))


def bank_account_writers(records: Records[Any, Any]) -> dict[str, Writer[Any]]:
    """Return the writers of bank accounts."""
    accounts = BankAccounts(records)
    return {
        "bankAccounts.create": KeyedCreation(records, accounts.create, shown=lambda _body: {}),
        "bankAccounts.update": Change(
            records, accounts.update, is_done=lambda sent, record: holds(sent.like, record)
        ),
    }


def _name(request: BankAccountRequest | BankAccountChange, problems: Problems) -> str:
    name = request.name.strip()
    if not name:
        problems.add("name", "REQUIRED", "An account has a name.")
    if request.currency is not None and request.currency.upper() != "EUR":
        problems.add("currency", "NOT_ALLOWED", "Qonto's accounts are in EUR.")
    return name


def _warnings(request: BankAccountFields, problems: Problems) -> tuple[str, ...]:
    return problems.unused(
        {
            "balance": request.balance,
            "bankName": request.bank_name,
            "bic": request.bic,
            "description": request.description,
            "fileType": request.file_type,
            "iban": request.iban,
            "number": request.number,
            "system": request.system,
            "status": request.status if request.status != "ACTIVE" else None,
            "type": request.type if request.type != "BANK" else None,
        },
        _UNUSED,
    )
