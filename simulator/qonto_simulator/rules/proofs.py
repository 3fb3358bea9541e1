"""Proofs that payees were verified, or that their verification was skipped; transfers need one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from qonto_simulator.errors import ApiError, refuse
from qonto_simulator.records.proof import Proof
from qonto_simulator.world import Books, World

LIFE = timedelta(hours=23)
_KEPT = timedelta(days=7)
"""How long it is still known that a proof has expired."""


def issue(
    world: World, books: Books, ibans: Iterable[str], *, verified: bool, at: datetime
) -> Proof:
    """A new proof, whatever the results were."""
    _forget(books, at - _KEPT)
    token = f"proof_{world.ids.hexadecimal(32)}"
    proof = Proof(token, frozenset(ibans), expires_at=at + LIFE, verified=verified)
    books.proofs[token] = proof
    return proof


def check(books: Books, token: str, ibans: Iterable[str], *, at: datetime) -> Proof:
    """The proof for transfers to exactly these accounts; else 422 ``vop_proof_token_invalid``.

    It serves as often as it is shown while it is valid: Qonto documents its life and its set of
    accounts, and no count.
    """
    proof = books.proofs.get(token)
    if proof is None:
        raise _invalid("is unknown")
    if at >= proof.expires_at:
        raise _invalid("has expired")
    if proof.ibans != frozenset(ibans):
        raise _invalid("was issued for another set of IBANs")
    return proof


def followed(proof: Proof) -> None:
    """To be told when a transfer was made on the strength of it."""
    proof.followed = True


def unfollowed(books: Books, at: datetime) -> int:
    """How many valid proofs of verifications wait for a transfer."""
    return sum(
        one.verified and not one.followed and at < one.expires_at for one in books.proofs.values()
    )


def _invalid(reason: str) -> ApiError:
    detail = f"vop_proof_token {reason}"
    return refuse(422, "vop_proof_token_invalid", detail, pointer="/vop_proof_token")


def _forget(books: Books, before: datetime) -> None:
    while books.proofs:
        oldest = next(iter(books.proofs.values()))
        if oldest.expires_at >= before:
            return
        del books.proofs[oldest.token]
