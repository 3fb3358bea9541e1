"""Whom a transfer goes to: somebody who is known already, or somebody whom the body describes."""

from __future__ import annotations

from datetime import datetime

from qonto_simulator.records.catalogue import Beneficiary
from qonto_simulator.world import Books, World

from .beneficiaries import BeneficiaryFields, remember

Payee = Beneficiary | BeneficiaryFields


def known(world: World, books: Books, payee: Payee, *, at: datetime) -> Beneficiary:
    """The beneficiary, who becomes one if need be."""
    return payee if isinstance(payee, Beneficiary) else remember(world, books, payee, at=at)


def is_trusted(payee: Payee) -> bool:
    """Whether money may go there without asking anybody; never to somebody described."""
    return isinstance(payee, Beneficiary) and payee.trusted
