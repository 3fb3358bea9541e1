"""Verification of payee: does the account belong to whom the payer thinks?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from qonto_simulator import identifiers
from qonto_simulator.payees import PayeeBanks

from .payee_names import Nearness, compare

MATCH = "MATCH_RESULT_MATCH"
CLOSE_MATCH = "MATCH_RESULT_CLOSE_MATCH"
NO_MATCH = "MATCH_RESULT_NO_MATCH"
NOT_POSSIBLE = "MATCH_RESULT_NOT_POSSIBLE"
UNSPECIFIED = "MATCH_RESULT_UNSPECIFIED"
RESULTS = (MATCH, CLOSE_MATCH, NO_MATCH, NOT_POSSIBLE, UNSPECIFIED)

_BY_NEARNESS: Final[Mapping[Nearness, str]] = {
    "same": MATCH,
    "close": CLOSE_MATCH,
    "other": NO_MATCH,
}


@dataclass(frozen=True, slots=True)
class Failure:
    """A verification that came to nothing."""

    status: int
    code: str
    title: str
    detail: str


INVALID_IBAN = Failure(400, "BAD_REQUEST_ERROR_INVALID_IBAN", "Bad request", "iban is not valid")
FAILURES: Final[Mapping[str, Failure]] = {
    one.code: one
    for one in (
        Failure(
            400,
            "BAD_REQUEST_ERROR_RESPONDING_BANK",
            "Bad request",
            "the responding bank does not accept the request",
        ),
        Failure(
            500,
            "INTERNAL_SERVER_ERROR_4XX_RESPONDING_BANK",
            "Internal server error",
            "the responding bank answered with an error",
        ),
        Failure(
            501,
            "NOT_IMPLEMENTED_ERROR_FEATURE_NOT_AVAILABLE",
            "Not implemented",
            "the responding bank does not verify payees",
        ),
        Failure(
            504,
            "GATEWAY_TIMEOUT_ERROR_RESPONDING_BANK",
            "Gateway timeout",
            "the responding bank did not answer",
        ),
    )
}
"""What can go wrong at the payee's bank, by code."""

OUTCOMES: Final = (*RESULTS, *FAILURES)


def _mocked(position: int) -> str:
    """An account at a bank that does not exist."""
    account = identifiers.french_account("99999", "00001", f"{position:011d}")
    return identifiers.iban("FR", account)


MOCKED: Final[Mapping[str, str]] = {
    _mocked(position): outcome for position, outcome in enumerate(OUTCOMES, 1)
}
"""Accounts of which every verification comes to one outcome, whatever the name."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A result, with the holder's name on a close match; or what went wrong."""

    result: str = UNSPECIFIED
    matched_name: str | None = None
    failure: Failure | None = None


def verify(banks: PayeeBanks, name: str, iban: str) -> Verdict:
    """What the payee's bank says of a name; what a test asked for comes first."""
    if not identifiers.is_sepa_iban(iban):
        return Verdict(failure=INVALID_IBAN)
    holder = banks.holders.get(iban)
    outcome = banks.outcomes.get(iban) or MOCKED.get(iban)
    if outcome in FAILURES:
        return Verdict(failure=FAILURES[outcome])
    if outcome is None:
        outcome = _result(banks, name, iban, holder)
    if outcome == CLOSE_MATCH:
        return Verdict(outcome, holder or f"{name} SAS")
    return Verdict(outcome)


def _result(banks: PayeeBanks, name: str, iban: str, holder: str | None) -> str:
    """By name; a bank that is known has no account that nobody holds."""
    if holder is not None:
        return _BY_NEARNESS[compare(name, holder)]
    return NOT_POSSIBLE if banks.bic(iban) is None else NO_MATCH
