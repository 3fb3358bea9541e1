"""Account numbers that SEPA transfers can be sent to. Facts and pure checks.

Lengths are those of the IBAN registry, for the countries that are reached by SEPA (European
Payments Council, EPC409-09).
"""

import re
from collections.abc import Mapping

from connector.payouts.orders import FileProblems

LENGTHS: Mapping[str, int] = {
    "AD": 24, "AL": 28, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22,
    "DK": 18, "EE": 20, "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GI": 23, "GR": 27, "HR": 21,
    "HU": 28, "IE": 22, "IS": 26, "IT": 27, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27,
    "MD": 24, "ME": 22, "MK": 19, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24,
    "RS": 22, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "VA": 22,
}  # fmt: skip

_FORM = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", re.ASCII)
_REMEDY = "Copy the account number anew from the payee's bank details."


def read_iban(text: str, where: str, problems: FileProblems) -> str | None:
    """Return an IBAN without spaces and in capitals; None where something is wrong with it."""
    iban = text.replace(" ", "").upper()
    if not _FORM.fullmatch(iban):
        problems.add(
            where,
            "NOT_AN_IBAN",
            "An IBAN is two letters, two digits, then letters and digits.",
            _REMEDY,
        )
        return None
    country = iban[:2]
    if country not in LENGTHS:
        problems.add(
            where,
            "NOT_SEPA",
            f"Accounts in {country} aren't reached by SEPA transfers.",
            "Pay it in another way.",
        )
        return None
    if len(iban) != LENGTHS[country]:
        problems.add(
            where,
            "IBAN_LENGTH",
            f"An IBAN of {country} has {LENGTHS[country]} characters, this one {len(iban)}.",
            _REMEDY,
        )
        return None
    if int("".join(str(int(one, 36)) for one in iban[4:] + iban[:4])) % 97 != 1:
        problems.add(where, "IBAN_CHECK_DIGITS", "The check digits of the IBAN are wrong.", _REMEDY)
        return None
    return iban
