"""``/v2/sca_sessions``, and in the sandbox ``/v2/mocked_sca_sessions`` that stand for the phone."""

from __future__ import annotations

from qonto_simulator.api import Call, Endpoint, Handler, Reply
from qonto_simulator.errors import not_found, refuse
from qonto_simulator.records.sca import ScaSession
from qonto_simulator.render.common import Document
from qonto_simulator.rules import sca
from qonto_simulator.times import with_millis


def _find(call: Call) -> ScaSession:
    session = call.world.sca_sessions.get(call.request.path_params["token"])
    if session is None or not sca.is_of(session, call) or call.now >= session.expires_at:
        raise not_found("SCA session")
    return session


def _find_mocked(call: Call) -> ScaSession:
    session = _find(call)
    if not call.world.sandbox or session.method != "mock":
        raise not_found("SCA session")
    return session


def _state(call: Call, session: ScaSession) -> Reply:
    """The answer so far; 429 to a second look within a second."""
    if sca.polled_too_soon(session, call.quirks.sca_poll_every, call.now):
        raise refuse(429, "too_many_requests", "poll a session once a second at most")
    canceled = session.canceled_at
    document: Document = {
        "result": session.result,
        "canceled_at": "" if canceled is None else with_millis(canceled),
    }
    return Reply(document=document)


async def show(call: Call) -> Reply:
    return _state(call, _find(call))


async def show_mocked(call: Call) -> Reply:
    return _state(call, _find_mocked(call))


def _answers(result: str) -> Handler:
    async def decide(call: Call) -> Reply:
        session = _find_mocked(call)
        try:
            sca.decide(session, result, at=call.now)
        except ValueError as problem:
            raise refuse(400, "bad_request", str(problem)) from problem
        return Reply(document={"message": "Success"})

    return decide


ENDPOINTS = (
    Endpoint("GET", "/sca_sessions/{token}", show),
    Endpoint("GET", "/mocked_sca_sessions/{token}", show_mocked),
    Endpoint("POST", "/mocked_sca_sessions/{token}/allow", _answers("allow")),
    Endpoint("POST", "/mocked_sca_sessions/{token}/deny", _answers("deny")),
)
