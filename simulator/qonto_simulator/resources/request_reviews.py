"""``/v2/requests/{type}/{id}/approve`` and ``/decline``: the owner or an admin decides."""

from __future__ import annotations

from qonto_simulator.api import Call, Endpoint, Handler, Reply
from qonto_simulator.errors import not_found, not_permitted
from qonto_simulator.records.request import TYPES, Request
from qonto_simulator.render.requests import wrapped_request
from qonto_simulator.rules import requests as rules
from qonto_simulator.rules import sca

from .request_bodies import check_plan, read_debited
from .transfer_bodies import LONGEST_NOTE, read_body


def _approving(request_type: str) -> Handler:
    async def approve(call: Call) -> Reply:
        """The person is always asked; then what was asked for is made."""
        one = _find(call, request_type)
        body = await read_body(call)
        account = read_debited(call, body, required=True)
        body.check()
        if account is None:
            raise AssertionError("what is missing was refused")
        rules.check_pending(one)
        await sca.require(call, rules.SCA_ACTIONS[request_type])
        by = call.caller.membership_id
        rules.approve(call.world, call.books, one, account, approver_id=by, at=call.now)
        return Reply(document=wrapped_request(one))

    return approve


def _declining(request_type: str) -> Handler:
    async def decline(call: Call) -> Reply:
        """Nobody is asked."""
        one = _find(call, request_type)
        body = await read_body(call)
        note = body.text("declined_note", most=LONGEST_NOTE, required=True)
        body.check()
        by = call.caller.membership_id
        rules.decline(call.books, one, note or "", approver_id=by, at=call.now)
        return Reply(document=wrapped_request(one))

    return decline


def _find(call: Call, request_type: str) -> Request:
    """The request of this type, for somebody who may decide on it."""
    check_plan(call, request_type)
    if call.world.membership(call.caller.membership_id)[1].role not in rules.REVIEWERS:
        raise not_permitted()
    one = call.books.requests.get(call.id)
    if one is None or one.request_type != request_type:
        raise not_found("request")
    return one


ENDPOINTS = tuple(
    Endpoint("POST", f"/requests/{kind}s/{{id}}/{verb}", handler(kind), replays=True)
    for kind in TYPES
    for verb, handler in (("approve", _approving), ("decline", _declining))
)
