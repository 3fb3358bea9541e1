"""Strong customer authentication: what moves money asks the person first.

::

    write --428 with a token--> person: allow, deny --> the same write again with the token: done

A token is good for fifteen minutes, once, and for the request that it was given for alone: method,
path, body, ``X-Qonto-2fa-Preference`` and idempotency key.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from functools import partial

import msgspec

from qonto_simulator.api import IDEMPOTENCY_HEADER, Call
from qonto_simulator.errors import ApiError, ShapedError, refuse
from qonto_simulator.records.catalogue import Mail
from qonto_simulator.records.sca import DEFAULT_METHOD, METHODS, ScaSession
from qonto_simulator.world import Books, World

from . import mails

PREFERENCE_HEADER = "X-Qonto-2fa-Preference"
TOKEN_HEADER = "X-Qonto-Sca-Session-Token"  # noqa: S105 (a header's name)
CODE_HEADER = "X-Qonto-MFA"
LIFE = timedelta(minutes=15)
SANDBOX_CODE = "123456"
MOST_WRONG_CODES = 3

_encoder = msgspec.json.Encoder(order="sorted")


async def require(call: Call, action_type: str) -> None:
    """Pass if the person behind the token approved this very request, and use the approval up.

    Call it when nothing but the effect is left to do: an approval is spent on success alone. Raises
    428 with a fresh challenge, 412 for a token that is unknown, expired, denied or spent, and 422
    for the token of another request.
    """
    method = _method(call)
    digest = await _digest(call, method)
    headers = call.request.headers
    token, code = headers.get(TOKEN_HEADER, ""), headers.get(CODE_HEADER, "")
    if not token and not code:
        raise _challenge(call, action_type, method, digest)
    session = _session(call, token, digest)
    if session is None or session.used or call.now >= session.expires_at:
        raise invalid_token()
    if session.request != digest:
        raise ShapedError(422, {"errors": {"message": "Not found"}})
    if session.method == "sms-otp":
        _enter(session, code, call.now)
    if session.result == "waiting":
        raise _required(call, session)
    if session.result == "deny":
        raise invalid_token()
    session.used = True


def _method(call: Call) -> str:
    """How the person wants to be asked; 400 for what is not open to the application."""
    method = call.request.headers.get(PREFERENCE_HEADER, DEFAULT_METHOD)
    closed = {
        "mock": not call.world.sandbox,
        "sms-otp": not call.quirks.embed_partner,
    }
    allowed = [one for one in METHODS if not closed.get(one, False)]
    if method not in allowed:
        detail = f"{PREFERENCE_HEADER} must be one of: {', '.join(allowed)}"
        raise refuse(400, "bad_request", detail)
    return method


async def _digest(call: Call, method: str) -> str:
    request = call.request
    content = [
        *(request.method, request.url.path, method, request.headers.get(IDEMPOTENCY_HEADER, "")),
        await call.json(),
    ]
    return hashlib.sha256(_encoder.encode(content)).hexdigest()


def _session(call: Call, token: str, digest: str) -> ScaSession | None:
    """The challenge that the request answers, of this person and application alone: by its token,
    with a code alone the last one that was sent a code for this request."""
    sessions = call.world.sca_sessions
    found = sessions.get(token)
    if not token:
        sent = (one for one in sessions.values() if one.code and one.request == digest)
        found = max(sent, key=lambda one: one.created_at, default=None)
    return found if found is not None and is_of(found, call) else None


def is_of(session: ScaSession, call: Call) -> bool:
    """Whether the caller is the person and the application that the challenge was given to."""
    caller = call.caller
    return (session.membership_id, session.client_id) == (caller.membership_id, caller.client_id)


def _challenge(call: Call, action_type: str, method: str, digest: str) -> ApiError:
    """Ask the person, and return the 428 that says so."""
    world, caller = call.world, call.caller
    books, person = world.membership(caller.membership_id)
    if not person.sca_enrolled:
        message = "You must enable SCA to perform this action"
        return ShapedError(428, {"code": "sca_not_enrolled", "message": message})
    session = ScaSession(
        token=world.ids.hexadecimal(64),
        membership_id=caller.membership_id,
        client_id=caller.client_id or "",
        action_type=action_type,
        method=method,
        request=digest,
        created_at=call.now,
        expires_at=call.now + LIFE,
    )
    world.sca_sessions[session.token] = session
    _ask(world, books, session, person.email)
    return _required(call, session)


def _ask(world: World, books: Books, session: ScaSession, email: str) -> None:
    """Reach the person the way that the application prefers, or let the quirk decide."""
    at = session.created_at
    match session.method:
        case "sms-otp":
            drawn = f"{world.ids.random.randrange(10**6):06d}"
            session.code = SANDBOX_CODE if world.sandbox else drawn
        case "passkey":
            body = f"{world.base_url}/approvals/{session.token}"
            mail = Mail(at, "", "", (email,), "Confirm with your passkey", body, False)
            mails.send(books, mail, "sca_session", session.token, at=at)
        case _:
            pass
    outcome = world.quirks.sca_outcome
    if outcome is not None and session.method != "sms-otp":
        due = at + timedelta(seconds=world.quirks.sca_delay)
        world.agenda.at(due, partial(_answer, session, outcome))


def _answer(session: ScaSession, result: str, at: datetime) -> None:
    """What the quirk says, unless somebody was faster or it is too late."""
    if session.result == "waiting" and at < session.expires_at:
        decide(session, result, at=at)


def _required(call: Call, session: ScaSession) -> ApiError:
    if call.quirks.sca_in_errors:
        return refuse(428, "sca_required", "SCA required")
    return ShapedError(
        428,
        {
            "action_type": session.action_type,
            "code": "sca_required",
            "message": "SCA required",
            "sca_session_token": session.token,
        },
    )


def _enter(session: ScaSession, code: str, at: datetime) -> None:
    """A code from a text message decides; the third wrong one ends the challenge."""
    if not code:
        return
    if code != session.code:
        session.wrong_codes += 1
        if session.wrong_codes >= MOST_WRONG_CODES:
            session.result, session.canceled_at = "deny", at
        raise invalid_token()
    if session.result == "waiting":
        decide(session, "allow", at=at)


def invalid_token() -> ApiError:
    """412, flat: not the one of wrong states."""
    return ShapedError(412, {"message": "Invalid SCA session token", "code": "sca_invalid"})


def decide(session: ScaSession, result: str, *, at: datetime) -> ScaSession:
    """The person's answer, ``allow`` or ``deny``; ValueError when it comes twice or too late."""
    if session.result != "waiting":
        raise ValueError(f"the question was answered already: {session.result}")
    if at >= session.expires_at:
        raise ValueError("the question has expired")
    session.result = result
    session.canceled_at = at if result == "deny" else None
    return session


def polled_too_soon(session: ScaSession, every: float, at: datetime) -> bool:
    """Whether the last look is not ``every`` seconds ago; notes this one if it counts."""
    last = session.polled_at
    if last is not None and at < last + timedelta(seconds=every):
        return True
    session.polled_at = at
    return False
