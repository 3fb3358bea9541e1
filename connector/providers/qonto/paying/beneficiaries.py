"""Beneficiaries at Qonto: made, changed, and trusted no more. Only the owner can trust one."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from connector.http import ProviderCall
from connector.ports import PreparedWrite, WriteDone, Writer, WriteRequest
from connector.providers.qonto.client import BENEFICIARIES
from connector.providers.qonto.mapping.iban import is_iban, normalized
from connector.providers.qonto.session.lists import known_id
from connector.providers.qonto.writing.matching import without_nothing
from connector.providers.qonto.writing.wire import QontoRequest, Records, prepared, read_sent
from connector.providers.qonto.writing.writers import Change, KeyedCreation
from connector.writing.problems import Problems
from connector.writing.requests.beneficiary import BeneficiaryChange, BeneficiaryRequest

_TAGS = frozenset(
    {
        *("atm", "fallback", "fees", "finance", "food_and_grocery", "gas_station"),
        *("hardware_and_equipment", "hotel_and_lodging", "insurance", "it_and_electronics"),
        *("legal_and_accounting", "logistics", "manufacturing", "marketing", "office_rental"),
        *("office_supply", "online_service", "other_expense", "other_income", "other_service"),
        *("pending", "refund", "restaurant_and_bar", "sales", "salary", "subscription", "tax"),
        *("transport", "treasury_and_interco", "utility", "voucher"),
    }
)
_UNTRUST = f"{BENEFICIARIES.path}/untrust"
_NEWEST = (("sort_by", "updated_at:desc"),)


@dataclass(frozen=True)
class Beneficiaries:
    """What is sent to Qonto for a beneficiary, or everything that is wrong with it."""

    records: Records[Any, Any]

    async def create(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        request: BeneficiaryRequest = asked.body
        problems = Problems(asked.confirmed)
        iban = normalized(request.iban)
        if not is_iban(iban):
            problems.add("iban", "NOT_AN_IBAN", "This is not a valid IBAN.")
        name = _name(request.name, problems)
        _check_tag(request.activity_tag, problems)
        problems.check()
        page = await self.records.client.page(account_id, BENEFICIARIES, 1, 25, (("iban[]", iban),))
        known = [one.document for one in page.records if one.document is not None]
        if any(normalized(one.iban or "") == iban for one in known):
            problems.doubt(
                "iban",
                "ALREADY_THERE",
                "There is a beneficiary with this account number; its name would be overwritten.",
            )
        problems.check()
        body = {
            "name": name,
            "iban": iban,
            "bic": request.bic,
            "email": request.email,
            "activity_tag": request.activity_tag,
        }
        sent = QontoRequest(
            "POST",
            {"beneficiary": without_nothing(body)},
            like={"name": name, "iban": iban},
            key=str(uuid.uuid4()),
        )
        return prepared(sent, expected={"name": name, "status": "PENDING", "trusted": False})

    async def update(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        request: BeneficiaryChange = asked.body
        record_id = known_id(asked.record_id or "")
        problems = Problems(asked.confirmed)
        changes: dict[str, Any] = {}
        for field in request.model_fields_set:
            changes[field] = getattr(request, field) or ""
        if "name" in changes:
            changes["name"] = _name(changes["name"], problems)
        _check_tag(request.activity_tag, problems)
        if not changes:
            problems.add("name", "REQUIRED", "Nothing was to be changed.")
        problems.check()
        await self.records.one(account_id, record_id)
        return prepared(QontoRequest("PATCH", {"beneficiary": changes}, record_id, like=changes))

    async def untrust(self, account_id: str, asked: WriteRequest) -> PreparedWrite:
        record_id = known_id(asked.record_id or "")
        await self.records.one(account_id, record_id)
        return prepared(QontoRequest("PATCH", {"ids": [record_id]}, record_id))


@dataclass(frozen=True)
class Untrusting(Change[Any, Any]):
    """The Writer that takes trust away; Qonto has one call for many beneficiaries."""

    async def send(self, account_id: str, prepared: PreparedWrite) -> WriteDone[Any]:
        sent = read_sent(prepared)
        body = msgspec.json.encode(sent.body)
        call = ProviderCall("PATCH", _UNTRUST, _UNTRUST, body=body, scope=self.records.scope)
        await self.records.client.call(account_id, call)
        document, found = await self.records.one(account_id, sent.record_id or "")
        return self.done(sent, document, found)


def _is_untrusted(sent: QontoRequest, record: Mapping[str, Any]) -> bool:
    del sent
    return record.get("trusted") is False


def beneficiary_writers(records: Records[Any, Any]) -> dict[str, Writer[Any]]:
    """Return the writers of beneficiaries."""
    beneficiaries = Beneficiaries(records)
    return {
        "beneficiaries.create": KeyedCreation(
            records, beneficiaries.create, newest=_NEWEST, shown=lambda _body: {}
        ),
        "beneficiaries.update": Change(
            records,
            beneficiaries.update,
            is_done=lambda sent, record: all(
                (record.get(name) or "") == value for name, value in sent.like.items()
            ),
        ),
        "beneficiaries.untrust": Untrusting(records, beneficiaries.untrust, is_done=_is_untrusted),
    }


def _name(text: str, problems: Problems) -> str:
    name = text.strip()
    if not name:
        problems.add("name", "REQUIRED", "A beneficiary has a name.")
    return name


def _check_tag(tag: str | None, problems: Problems) -> None:
    if tag is not None and tag not in _TAGS:
        problems.add(
            "activityTag", "NOT_ALLOWED", f"activityTag is one of {', '.join(sorted(_TAGS))}."
        )
