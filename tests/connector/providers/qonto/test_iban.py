"""Account numbers: compared by an oracle that goes letter by letter, and by examples in print."""

from string import ascii_uppercase, digits

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from connector.providers.qonto.mapping.iban import is_iban, normalized

PRINTED = (
    "GB82 WEST 1234 5698 7654 32",
    "DE89 3704 0044 0532 0130 00",
    "FR14 2004 1010 0505 0001 3M02 606",
    "NO93 8601 1117 947",
    "MT84 MALT 0110 0001 2345 MTLC AST0 01S",
)
"""From the registry of IBANs; the shortest and the longest that there are among them."""

countries = st.text(ascii_uppercase, min_size=2, max_size=2)
accounts = st.text(ascii_uppercase + digits, min_size=11, max_size=30)


def remainder(text: str) -> int:
    """Divide by 97 as one does by hand: digit by digit, a letter being two."""
    rest = 0
    for letter in text:
        value = digits.find(letter)
        if value < 0:
            value = 10 + ascii_uppercase.index(letter)
        rest = (rest * (10 if value < 10 else 100) + value) % 97
    return rest


def check_digits(country: str, account: str) -> str:
    return f"{98 - remainder(account + country + '00'):02}"


@pytest.mark.parametrize("number", PRINTED)
def test_numbers_in_print_are_ibans_however_they_are_written(number: str) -> None:
    plain = number.replace(" ", "")
    assert is_iban(number)
    assert is_iban(plain.lower())
    assert is_iban("\u00a0".join(plain))
    assert normalized(f" {number.lower()}\t") == plain


@given(countries, accounts)
def test_there_is_one_pair_of_check_digits_for_each_account(country: str, account: str) -> None:
    """Of all from 02 to 98, as the standard has it."""
    right = check_digits(country, account)
    found = [n for n in range(2, 99) if is_iban(f"{country}{n:02}{account}")]
    assert found == [int(right)]


@given(countries, accounts, st.integers(0), st.sampled_from(ascii_uppercase + digits))
def test_one_wrong_character_is_noticed(country: str, account: str, place: int, other: str) -> None:
    place %= len(account)
    assume(account[place] != other)
    right = check_digits(country, account)
    wrong = account[:place] + other + account[place + 1 :]
    assume(remainder(wrong + country + right) != 1)  # a letter for a digit may be missed
    assert is_iban(country + right + account)
    assert not is_iban(country + right + wrong)


@given(countries, st.text(ascii_uppercase + digits, min_size=1, max_size=40))
def test_a_number_of_another_length_is_none(country: str, account: str) -> None:
    assume(not 11 <= len(account) <= 30)
    assert not is_iban(country + check_digits(country, account) + account)


@pytest.mark.parametrize(
    "number",
    [
        "",
        "GB",
        "82WEST12345698765432GB",  # turned around already
        "GB82WEST1234569876543\u0662",  # a digit of another script
        "G\u00df82WEST12345698765432",
        "GB82-WEST-1234-5698-7654-32",
        "GB82WEST12345698765432\n0",
        "8 2",
    ],
)
def test_what_has_another_form_is_none_and_no_error(number: str) -> None:
    assert not is_iban(number)
