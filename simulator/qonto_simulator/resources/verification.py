"""``/v2/sepa/verify_payee`` and its bulk and skipped forms. Refusals are long entries here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qonto_simulator.api import Call, Endpoint, Reply
from qonto_simulator.errors import ApiError, Problem, ShapedError
from qonto_simulator.fields import Fields
from qonto_simulator.records.proof import Proof
from qonto_simulator.render.common import Document
from qonto_simulator.rules import proofs, verification
from qonto_simulator.rules.verification import Failure, Verdict

from .payee_bodies import read_name

MOST = 400
_BAD_REQUEST = "BAD_REQUEST_ERROR_"


@dataclass(frozen=True, slots=True)
class _Payee:
    id: str
    name: str
    iban: str


async def verify(call: Call) -> Reply:
    fields = await _body(call)
    payee = _read(fields)
    _check(call, fields)
    _allow(call)
    _fail_on_demand(call)
    verdict = verification.verify(call.world.payees, payee.name, payee.iban)
    if verdict.failure is not None:
        raise _failed(call, verdict.failure)
    proof = _issue(call, [payee], verified=True)
    return Reply(document={**_result(verdict), "proof_token": _token(call, proof)})


async def bulk(call: Call) -> Reply:
    """What goes wrong with one of them leaves the others alone."""
    payees = await _payees(call)
    _allow(call)
    _fail_on_demand(call, payees, verified=True)
    banks = call.world.payees
    verdicts = [verification.verify(banks, one.name, one.iban) for one in payees]
    proof = _issue(call, payees, verified=True)
    entries = [_entry(one, verdict) for one, verdict in zip(payees, verdicts, strict=True)]
    return Reply(document={"requests": entries, "proof_token": _token(call, proof)})


async def skip(call: Call) -> Reply:
    """No bank is asked; the proof says so, and serves all the same."""
    payees = await _payees(call)
    _fail_on_demand(call, payees, verified=False)
    proof = _issue(call, payees, verified=False)
    return Reply(document={"proof_token": _token(call, proof)})


async def _body(call: Call) -> Fields:
    try:
        return Fields(await call.json(), pointer=lambda name: f"/{name}")
    except ApiError as refusal:
        raise _long(call, 400, "Bad request", refusal.problems) from refusal


async def _payees(call: Call) -> list[_Payee]:
    fields = await _body(call)
    payees = [
        _read(entry, entry.text("id", most=100, required=True) or "")
        for _, entry in fields.each("requests", "/requests", required=True)
    ]
    if len(payees) > MOST:
        fields.problem("requests", "invalid", f"requests must have at most {MOST} entries")
    if len({one.id for one in payees}) < len(payees):
        fields.problem("requests", "invalid", "every id must be another")
    _check(call, fields)
    return payees


def _read(fields: Fields, id: str = "") -> _Payee:
    """Whether the IBAN is one is for the verification to say."""
    name, iban = read_name(fields, "beneficiary_name"), fields.text("iban", required=True)
    return _Payee(id, name or "", iban or "")


def _check(call: Call, fields: Fields) -> None:
    if fields.problems:
        raise _long(call, 400, "Bad request", fields.problems)


def _allow(call: Call) -> None:
    """Refuse to go on verifying for somebody who never pays."""
    if proofs.unfollowed(call.books, call.now) >= call.quirks.unfollowed_verifications:
        detail = "too many verifications without a transfer"
        problem = Problem("too_many_requests", detail)
        raise _long(call, 429, "Too many requests", [problem])


def _fail_on_demand(call: Call, payees: Sequence[_Payee] = (), *, verified: bool = False) -> None:
    """Refuse what a test wants refused; the error has a proof where there is a set of payees."""
    code = call.world.payees.take_refusal()
    if code is not None:
        proof = _issue(call, payees, verified=verified) if payees else None
        raise _failed(call, verification.FAILURES[code], proof)


def _issue(call: Call, payees: Sequence[_Payee], *, verified: bool) -> Proof:
    ibans = (one.iban for one in payees)
    return proofs.issue(call.world, call.books, ibans, verified=verified, at=call.now)


def _token(call: Call, proof: Proof) -> object:
    return proof.token if call.quirks.plain_proof_token else {"token": proof.token}


def _result(verdict: Verdict) -> Document:
    matched = {} if verdict.matched_name is None else {"matched_name": verdict.matched_name}
    return {"match_result": verdict.result, **matched}


def _entry(payee: _Payee, verdict: Verdict) -> Document:
    asked = {"id": payee.id, "beneficiary_name": payee.name, "iban": payee.iban}
    if verdict.failure is not None:
        return {**asked, "error_code": verdict.failure.code}
    return {**asked, "response": _result(verdict)}


def _failed(call: Call, failure: Failure, proof: Proof | None = None) -> ApiError:
    problem = Problem(failure.code, failure.detail)
    return _long(call, failure.status, failure.title, [problem], proof)


def _long(
    call: Call, status: int, title: str, problems: Sequence[Problem], proof: Proof | None = None
) -> ApiError:
    """A refusal with every key there is; the codes of bad bodies get the family's prefix."""
    meta = {} if proof is None else {"proof_token": _token(call, proof)}
    entries = [
        {
            "id": call.world.ids.uuid7(call.now),
            "status": str(status),
            "code": _code(status, one.code),
            "title": title,
            "detail": one.detail,
            "source": {"pointer": one.pointer or "", "parameter": "", "header": ""},
            "meta": meta,
        }
        for one in problems
    ]
    return ShapedError(status, {"errors": entries})


def _code(status: int, code: str) -> str:
    is_prefixed = status != 400 or code.startswith(_BAD_REQUEST)
    return code if is_prefixed else f"{_BAD_REQUEST}{code.upper()}"


ENDPOINTS = (
    Endpoint("POST", "/sepa/verify_payee", verify),
    Endpoint("POST", "/sepa/bulk_verify_payee", bulk),
    Endpoint("POST", "/sepa/skip_verify_payee", skip),
)
