"""What a person does with the phone in their hand."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from qonto_simulator.records.sca import ScaSession
from qonto_simulator.render.common import Document
from qonto_simulator.rules import sca
from qonto_simulator.times import with_millis

from .call import call
from .desk import Desk
from .fields import AnyMembership

Token = Annotated[str, Meta(description="The `sca_session_token` of the challenge")]


class Approvals(Desk):
    """Strong authentication, as the owner of the account answers it."""

    @call("GET", "/sca_sessions", "The questions that were asked for approval, oldest first.")
    def sca_sessions(self) -> list[Document]:
        return [self._shown(one) for one in self._world.sca_sessions.values()]

    @call(
        "POST",
        "/sca_sessions/{token}/decide",
        "The person approves or denies what was asked for.",
        answers="sca_session",
        example={"result": "allow"},
    )
    def decide_sca(
        self,
        token: Token,
        result: Annotated[
            Literal["allow", "deny"], Meta(description="What the person says")
        ] = "allow",
    ) -> Document:
        now = self._world.now()
        return self._shown(sca.decide(self._world.sca_sessions[token], result, at=now))

    @call(
        "POST",
        "/sca_sessions/{token}/expire",
        "The question is not answered in time.",
        answers="sca_session",
    )
    def expire_sca(self, token: Token) -> Document:
        session = self._world.sca_sessions[token]
        session.expires_at = min(session.expires_at, self._world.now())
        return self._shown(session)

    @call(
        "POST",
        "/sca_enrolment",
        "Somebody pairs a device, or has none: then writes that need one answer"
        " `sca_not_enrolled`.",
        answers="enrolled",
        example={"enrolled": False},
    )
    def enrol_sca(
        self,
        *,
        membership_id: AnyMembership = None,
        enrolled: Annotated[bool, Meta(description="Whether a device is paired")] = True,
    ) -> list[str]:
        people = [one for each in self._world.books.values() for one in each.organisation.members]
        chosen = [one for one in people if membership_id in (None, one.id)]
        if not chosen:
            raise KeyError(membership_id)
        for one in chosen:
            one.sca_enrolled = enrolled
        return [one.id for one in chosen]

    def _shown(self, session: ScaSession) -> Document:
        now = self._world.now()
        return {
            "token": session.token,
            "membership_id": session.membership_id,
            "action_type": session.action_type,
            "method": session.method,
            "result": session.result,
            "code": session.code,
            "used": session.used,
            "expired": now >= session.expires_at,
            "created_at": with_millis(session.created_at),
            "url": f"{self._world.base_url}/approvals/{session.token}",
        }
