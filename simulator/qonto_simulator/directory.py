"""The French directory of e-invoicing (Annuaire): where invoices for a company go to."""

from __future__ import annotations

import re

from .identifiers import luhn

_SUFFIX = re.compile(r"[A-Za-z0-9.-]{1,100}")


class Directory:
    """Every well-formed address of a valid SIREN is in it, unless somebody took it out."""

    def __init__(self) -> None:
        self._gone: set[str] = set()

    def has(self, address: str) -> bool:
        """Whether invoices can be sent to an address: it is there, and so is its company."""
        siren = address.partition("_")[0]
        return is_address(address) and not {address, siren} & self._gone

    def enter(self, address: str) -> None:
        """Puts back what was taken out; ``ValueError`` for what can't be an address."""
        if not is_address(address):
            raise ValueError(f"not an address of the directory: {address!r}")
        self._gone.discard(address)

    def remove(self, address: str) -> None:
        """Takes an address out; a SIREN goes with all the addresses that begin with it."""
        self._gone.add(address)

    def clear(self) -> None:
        self._gone.clear()


def is_address(text: str) -> bool:
    """Whether it is ``siren``, ``siren_siret``, ``siren_siret_routing`` or ``siren_suffix``."""
    siren, *parts = text.split("_")
    if not _is_number(siren, 9) or not all(_SUFFIX.fullmatch(part) for part in parts):
        return False
    match parts:
        case []:
            return True
        case [part] if len(part) != 14 or not part.isdigit():
            return True
        case [siret] | [siret, _]:
            return _is_number(siret, 14) and siret.startswith(siren)
        case _:
            return False


def _is_number(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdigit() and luhn(text[:-1]) == text
