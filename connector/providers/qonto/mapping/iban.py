"""Account numbers in the form of IBANs."""

import re

_FORM = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", re.ASCII)


def normalized(number: str) -> str:
    """Write an account number without spaces and in capitals, for comparing."""
    return "".join(number.split()).upper()


def is_iban(number: str) -> bool:
    """Tell whether this has the form of an IBAN and its check digits are right (ISO 13616)."""
    plain = normalized(number)
    if not _FORM.fullmatch(plain):
        return False
    turned = plain[4:] + plain[:4]
    return int("".join(str(int(letter, 36)) for letter in turned)) % 97 == 1
