"""What the banks of payees know and answer."""

from __future__ import annotations

from collections import deque

from . import identifiers


class PayeeBanks:
    """Who holds which account, which banks can be asked, and what a test told them to say.

    ``holders`` and ``outcomes`` are by IBAN. An outcome is the result or the error code that goes
    out, whatever the name that is asked for.
    """

    def __init__(self) -> None:
        self.holders: dict[str, str] = {}
        self.outcomes: dict[str, str] = {}
        self._bics: dict[str, str] = {}
        self._refusals: deque[str] = deque()

    def open(self, iban: str, holder: str, bic: str = "") -> None:
        """Note whose account it is; its bank can be asked from now on."""
        self.holders[iban] = holder
        bank = identifiers.bank_in(iban)
        if bank is not None:
            self._bics[bank] = bic or self._bics.get(bank, "")

    def introduce(self, iban: str, holder: str, bic: str = "") -> None:
        """The same, unless the account is known."""
        if iban not in self.holders:
            self.open(iban, holder, bic)

    def bic(self, iban: str) -> str | None:
        """The BIC of the account's bank, ``None`` when no bank is known there."""
        return self._bics.get(identifiers.bank_in(iban) or "")

    def set_outcome(self, iban: str, outcome: str | None) -> None:
        """What every verification of this account comes to; ``None`` lets the names decide."""
        if outcome is None:
            self.outcomes.pop(iban, None)
        else:
            self.outcomes[iban] = outcome

    def refuse_next(self, code: str, times: int) -> None:
        """Let whole calls fail."""
        self._refusals.extend([code] * times)

    def take_refusal(self) -> str | None:
        """The error of the next call, if one is to fail."""
        return self._refusals.popleft() if self._refusals else None

    def clear(self) -> None:
        for part in (self.holders, self.outcomes, self._bics, self._refusals):
            part.clear()
