"""Tax and account numbers of invented companies, valid by the rules of their country."""

from __future__ import annotations

from zlib import crc32

from qonto_simulator import identifiers

from .model import Supplier

_BANKS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "FR": (
        ("20041", "01007", "PSSTFRPPLYO"),
        ("30004", "00829", "BNPAFRPPXXX"),
        ("30006", "00001", "AGRIFRPPXXX"),
    ),
    "IT": (
        ("03069", "05020", "BCITITMMXXX"),
        ("02008", "05154", "UNCRITMMXXX"),
        ("01005", "03200", "BNLIITRRXXX"),
    ),
    "DE": (
        ("20050550", "", "HASPDEHHXXX"),
        ("20040000", "", "COBADEHHXXX"),
        ("43060967", "", "GENODEM1GLS"),
    ),
    "ES": (
        ("2100", "0814", "CAIXESBBXXX"),
        ("0182", "1005", "BBVAESMMXXX"),
        ("0081", "0057", "BSABESBBXXX"),
    ),
}
"""Bank, branch and BIC; they belong together."""


def supplier(
    country: str, name: str, serial: int, *, email: str = "", tag: str = "other_service"
) -> Supplier:
    """A company of a country with its tax numbers and the account that it is paid to."""
    vat_number, tin = tax_numbers(country, serial)
    iban, bic = account(country, serial)
    return Supplier(name, vat_number, tin, iban, bic, email, tag)


def stranger(country: str, name: str) -> Supplier:
    """A company that nobody has described; the same for the same name."""
    return supplier(country, name, crc32(name.encode()) % 1_000_000)


def tax_numbers(country: str, serial: int) -> tuple[str, str]:
    """The VAT number and the national number of a company."""
    digits = f"{30_000_000 + serial * 7_919 % 60_000_000:08d}"
    match country:
        case "IT":
            number = identifiers.luhn(f"{digits[:7]}058")
            return f"IT{number}", number
        case "DE":
            return identifiers.german_vat(digits), f"27/{digits[:3]}/{digits[3:]}"
        case "ES":
            number = identifiers.spanish_cif("B", f"08{digits[:5]}")
            return f"ES{number}", number
        case _:
            siren = identifiers.luhn(digits)
            return identifiers.french_vat(siren), siren


def account(country: str, serial: int) -> tuple[str, str]:
    """An IBAN and the BIC of its bank."""
    banks = _BANKS.get(country, _BANKS["FR"])
    bank, branch, bic = banks[serial % len(banks)]
    return identifiers.account_iban(country, bank, branch, 50_013_000 + serial * 37), bic
