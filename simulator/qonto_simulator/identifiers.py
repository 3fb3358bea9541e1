"""Account and company numbers with the check digits that validators look for."""

from __future__ import annotations

import re
from string import ascii_uppercase, digits


def _remainder(text: str) -> int:
    return int("".join(str(int(letter, 36)) for letter in text)) % 97


def iban(country: str, account: str) -> str:
    """An IBAN around a national account number."""
    return f"{country}{98 - _remainder(account + country + '00'):02d}{account}"


def iban_is_valid(text: str) -> bool:
    return (
        15 <= len(text) <= 34
        and text.isalnum()
        and text.isascii()
        and text == text.upper()
        and text[:2].isalpha()
        and text[2:4].isdigit()
        and _remainder(text[4:] + text[:4]) == 1
    )


_LENGTHS: dict[str, int] = {
    "NO": 15,
    "BE": 16,
    **dict.fromkeys(("DK", "FI", "NL"), 18),
    **dict.fromkeys(("MK", "SI"), 19),
    **dict.fromkeys(("AT", "EE", "LT", "LU"), 20),
    **dict.fromkeys(("CH", "HR", "LI", "LV"), 21),
    **dict.fromkeys(("BG", "DE", "GB", "IE", "ME", "RS", "VA"), 22),
    "GI": 23,
    **dict.fromkeys(("AD", "CZ", "ES", "MD", "RO", "SE", "SK"), 24),
    "PT": 25,
    "IS": 26,
    **dict.fromkeys(("FR", "GR", "IT", "MC", "SM"), 27),
    **dict.fromkeys(("AL", "CY", "HU", "PL"), 28),
    "MT": 31,
}
"""How long an IBAN is in each country that SEPA reaches."""

_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?", re.ASCII)
_BANKS = {"FR": (4, 9), "DE": (4, 12), "IT": (5, 10), "ES": (4, 8)}


def is_sepa_iban(text: str) -> bool:
    """Whether a SEPA transfer can go there: country, length and check digits fit."""
    return _LENGTHS.get(text[:2]) == len(text) and iban_is_valid(text)


def is_bic(text: str) -> bool:
    """Whether it has the shape of a BIC: eight or eleven letters and digits."""
    return _BIC.fullmatch(text) is not None


def bank_in(iban: str) -> str | None:
    """The country and bank in an IBAN; ``None`` in countries whose numbers are not taken apart."""
    part = _BANKS.get(iban[:2])
    return None if part is None else iban[:2] + iban[slice(*part)]


def french_account(bank: str, branch: str, account: str) -> str:
    """Bank, branch and an account number of eleven digits, with the RIB key."""
    key = 97 - (89 * int(bank) + 15 * int(branch) + 3 * int(account)) % 97
    return f"{bank}{branch}{account}{key:02d}"


def spanish_account(bank: str, branch: str, account: str) -> str:
    """Bank, branch, two control digits and an account number of ten digits."""

    def control(text: str) -> str:
        weights = (1, 2, 4, 8, 5, 10, 9, 7, 3, 6)
        rest = (
            11 - sum(int(digit) * weight for digit, weight in zip(text, weights, strict=True)) % 11
        )
        return str({10: 1, 11: 0}.get(rest, rest))

    return f"{bank}{branch}{control('00' + bank + branch)}{control(account)}{account}"


def account_iban(country: str, bank: str, branch: str, number: int) -> str:
    """The IBAN of an account by its number; a country without a rule here counts as France."""
    match country:
        case "IT":
            return iban("IT", italian_account(bank, branch, f"{number:012d}"))
        case "DE":
            return iban("DE", f"{bank}{number:010d}")
        case "ES":
            return iban("ES", spanish_account(bank, branch, f"{number:010d}"))
        case _:
            return iban("FR", french_account(bank, branch, f"{number:011d}"))


def next_iban(known: str, step: int) -> str:
    """The IBAN so many account numbers after a known one of the same branch."""
    country, inside = known[:2], known[4:]
    match country:
        case "IT":
            bank, branch, number = inside[1:6], inside[6:11], inside[11:]
        case "DE":
            bank, branch, number = inside[:8], "", inside[8:]
        case "ES":
            bank, branch, number = inside[:4], inside[4:8], inside[10:]
        case _:
            bank, branch, number = inside[:5], inside[5:10], inside[10:21]
    return account_iban(country, bank, branch, int(number) + step)


_ODD = (
    1,
    0,
    5,
    7,
    9,
    13,
    15,
    17,
    19,
    21,
    2,
    4,
    18,
    20,
    11,
    3,
    6,
    8,
    12,
    14,
    16,
    10,
    22,
    25,
    24,
    23,
)


def italian_account(bank: str, branch: str, account: str) -> str:
    """The CIN letter, ABI, CAB and an account number of twelve characters."""
    total = 0
    for position, letter in enumerate(bank + branch + account):
        value = int(letter) if letter in digits else ascii_uppercase.index(letter)
        total += value if position % 2 else _ODD[value]
    return f"{ascii_uppercase[total % 26]}{bank}{branch}{account}"


def luhn(text: str) -> str:
    """The digits with their Luhn check digit: SIREN, SIRET, partita IVA."""
    total = 0
    for position, digit in enumerate(reversed(text)):
        doubled = int(digit) * (1 if position % 2 else 2)
        total += doubled - 9 if doubled > 9 else doubled
    return f"{text}{-total % 10}"


def french_vat(siren: str) -> str:
    return f"FR{(12 + 3 * (int(siren) % 97)) % 97:02d}{siren}"


def german_vat(eight: str) -> str:
    product = 10
    for digit in eight:
        product = 2 * ((int(digit) + product) % 10 or 10) % 11
    return f"DE{eight}{(11 - product) % 10}"


def spanish_cif(letter: str, seven: str) -> str:
    even = sum(int(digit) for digit in seven[1::2])
    odd = sum(sum(divmod(2 * int(digit), 10)) for digit in seven[::2])
    return f"{letter}{seven}{-(even + odd) % 10}"
