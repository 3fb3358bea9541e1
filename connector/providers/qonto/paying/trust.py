"""Trusting beneficiaries at Qonto, which few apps may ask for."""

from dataclasses import dataclass

import msgspec

from connector.errors import MissingScope
from connector.http import ProviderCall
from connector.paying.ports import ActAnswer, ActDone, ApprovalState
from connector.providers.qonto.client import BENEFICIARIES, QontoClient
from connector.providers.qonto.paying.transfers import (
    METHOD_HEADER,
    NEEDS_APPROVAL,
    NO_APPROVAL,
    TOKEN_HEADER,
    QontoTransfers,
    read_challenge,
)
from connector.providers.qonto.session.lists import known_id
from connector.unified.enums import ApprovalMethod
from oauth.errors import NotSupported
from oauth.tokens import AccessSource
from storage.errors import Invalid

TRUST = "beneficiary.trust"
_TRUST = f"{BENEFICIARIES.path}/trust"
_ELSEWHERE = (
    "The owner trusts a beneficiary in Qonto's app, under the beneficiaries of transfers. Qonto "
    "gives this scope only to apps that it has registered for it."
)


@dataclass(frozen=True)
class QontoTrust:
    """The TrustSystem of Qonto."""

    client: QontoClient
    access: AccessSource
    transfers: QontoTransfers

    async def may_trust(self, account_id: str) -> None:
        granted = (await self.access.get(account_id)).scopes
        if granted is None:
            raise NotSupported(f"An API key trusts nobody. {_ELSEWHERE}")
        if TRUST not in granted:
            missing = MissingScope(TRUST)
            missing.message = f"{missing.message} {_ELSEWHERE}"
            raise missing

    async def check(self, account_id: str, beneficiary_id: str) -> None:
        found, _ = await self.client.one(account_id, BENEFICIARIES, known_id(beneficiary_id))
        if found.status != "validated":
            raise Invalid.one(
                "beneficiaryId",
                "BENEFICIARY_NOT_VALIDATED",
                f"A beneficiary that is {found.status or 'unknown'} can't be trusted.",
            )

    async def trust(
        self, account_id: str, beneficiary_id: str, method: ApprovalMethod, token: str | None
    ) -> ActAnswer:
        if await self.is_trusted(account_id, beneficiary_id):
            return ActDone()
        approved = () if token is None else ((TOKEN_HEADER, token),)
        answer = await self.client.call(
            account_id,
            ProviderCall(
                "PATCH",
                _TRUST,
                _TRUST,
                body=msgspec.json.encode({"ids": [beneficiary_id]}),
                scope=TRUST,
                headers=((METHOD_HEADER, method), *approved),
                wanted=(NEEDS_APPROVAL, NO_APPROVAL),
            ),
        )
        return ActDone() if answer.status < 300 else read_challenge(answer)

    async def is_trusted(self, account_id: str, beneficiary_id: str) -> bool:
        found, _ = await self.client.one(account_id, BENEFICIARIES, beneficiary_id)
        return found.trusted is True

    async def approval(self, account_id: str, token: str, method: ApprovalMethod) -> ApprovalState:
        return await self.transfers.approval(account_id, token, method)
