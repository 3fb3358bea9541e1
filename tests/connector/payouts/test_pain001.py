"""pain.001 files: both versions, what their numbers must come to, and what hostile ones try."""

import random
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sepaxml import SepaTransfer

from connector.payouts.orders import MOST_LINES
from connector.payouts.pain001 import VERSIONS
from tests.connector.payouts.written import (
    DEBIT_IBAN,
    IBAN,
    OTHER_IBAN,
    pain001,
    read,
    transaction,
    wrong,
)

AT = "CstmrCdtTrfInitn/PmtInf[1]/CdtTrfTxInf[1]"


def written_by_another(version: str, payments: list[dict[str, Any]], *, batch: bool) -> bytes:
    """A file that a library made that is not ours."""
    config = {
        "name": "Atelier Mercure",
        "IBAN": DEBIT_IBAN,
        "BIC": "PSSTFRPPXXX",
        "batch": batch,
        "currency": "EUR",
    }
    transfer = SepaTransfer(config, schema=version, clean=False)
    for one in payments:
        transfer.add_payment({"BIC": "AGRIFRPPXXX", "execution_date": date(2026, 12, 1), **one})
    return transfer.export(validate=True)


@pytest.mark.parametrize("batch", [True, False])
@pytest.mark.parametrize("version", VERSIONS)
def test_a_file_of_another_program(version: str, batch: bool) -> None:
    payments = [
        {"name": "Marie Durand", "IBAN": IBAN, "amount": 125050, "description": "Invoice 17",
         "endtoend_id": "E1"},
        {"name": "Karl Müller", "IBAN": OTHER_IBAN, "amount": 1, "description": "Refund",
         "endtoend_id": "E2"},
    ]  # fmt: skip
    checked = read(written_by_another(version, payments, batch=batch))
    assert (checked.kind, checked.total) == (version, Decimal("1250.51"))
    first, second = checked.orders
    assert (first.name, first.iban, first.amount) == ("Marie Durand", IBAN, Decimal("1250.50"))
    assert (first.reference, first.end_to_end_id) == ("Invoice 17", "E1")
    assert (first.day, first.debit_iban) == (date(2026, 12, 1), DEBIT_IBAN)
    assert (second.name, second.iban, second.number) == ("Karl Müller", OTHER_IBAN, 2)
    assert "CdtTrfTxInf" in first.where


@pytest.mark.parametrize(
    ("content", "place", "code"),
    [
        ("<Document", "line 1", "NOT_XML"),
        (pain001(transaction())[:-30], "line 1", "NOT_XML"),
        ("<html/>", "Document", "VERSION_NOT_ACCEPTED"),
        (pain001(transaction(), version="pain.001.001.11"), "Document", "VERSION_NOT_ACCEPTED"),
        (pain001(transaction(), version="pain.008.001.02"), "Document", "VERSION_NOT_ACCEPTED"),
        (pain001(transaction(), prolog="<!DOCTYPE a>"), "file", "DTD_NOT_ALLOWED"),
        (
            pain001(transaction(), prolog='<?xml version="1.0" encoding="UTF-16"?>'),
            "line 1",
            "NOT_UTF8",
        ),
        (
            pain001(transaction(amount="ten")),
            "line 1: CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf/Amt/InstdAmt",
            "SCHEMA",
        ),
        (
            pain001(transaction(iban="12")),
            "line 1: CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf/CdtrAcct/Id/IBAN",
            "SCHEMA",
        ),
        (pain001(transaction(), count=2), "CstmrCdtTrfInitn/GrpHdr/NbOfTxs", "COUNT_DIFFERS"),
        (pain001(transaction(), total="1250.51"), "CstmrCdtTrfInitn/GrpHdr/CtrlSum", "SUM_DIFFERS"),
        (
            pain001(transaction(), group="<NbOfTxs>3</NbOfTxs>"),
            "CstmrCdtTrfInitn/PmtInf[1]/NbOfTxs",
            "COUNT_DIFFERS",
        ),
        (
            pain001(transaction(), group="<CtrlSum>1</CtrlSum>"),
            "CstmrCdtTrfInitn/PmtInf[1]/CtrlSum",
            "SUM_DIFFERS",
        ),
        (
            pain001(transaction(), method="CHK"),
            "CstmrCdtTrfInitn/PmtInf[1]/PmtMtd",
            "NOT_A_TRANSFER",
        ),
        (
            pain001(transaction(), debit="<Othr><Id>7</Id></Othr>"),
            "CstmrCdtTrfInitn/PmtInf[1]/DbtrAcct",
            "NO_IBAN",
        ),
        (
            pain001(transaction(iban=IBAN[:-1] + "8")),
            f"line 1: {AT}/CdtrAcct/Id/IBAN",
            "IBAN_CHECK_DIGITS",
        ),
        (
            pain001(transaction(amount="1250.505"), total="1250.505"),
            f"line 1: {AT}/Amt/InstdAmt",
            "AMOUNT_DECIMALS",
        ),
        (
            pain001(transaction(currency="USD")),
            f"line 1: {AT}/Amt/InstdAmt/@Ccy",
            "CURRENCY_NOT_ALLOWED",
        ),
        (pain001(transaction(reference="")), f"line 1: {AT}/RmtInf", "REQUIRED"),
        (
            pain001(transaction(), day="2026-11-29"),
            f"line 1: {AT}/../ReqdExctnDt",
            "DATE_PASSED",
        ),
        (
            pain001(transaction() * 2, count=2, total="2501.00"),
            f"line 1: {AT.removesuffix('[1]')}[2]/PmtId/EndToEndId",
            "END_TO_END_ID_REPEATED",
        ),
    ],
)
def test_what_is_refused(content: str, place: str, code: str) -> None:
    assert wrong(pain001(transaction())) == []
    assert (place, code) in wrong(content)


def test_what_a_transfer_has_no_place_for_is_told() -> None:
    more = "<UltmtCdtr><Nm>Else</Nm></UltmtCdtr><Purp><Cd>SALA</Cd></Purp>"
    checked = read(pain001(transaction(more=more)))
    assert [one.split()[0] for one in checked.warnings] == ["Purp", "UltmtCdtr"]


def test_texts_may_be_split_and_structured() -> None:
    split = "<RmtInf><Ustrd>Invoice</Ustrd><Ustrd>17</Ustrd></RmtInf>"
    assert read(pain001(transaction(reference=split))).orders[0].reference == "Invoice 17"
    structured = (
        "<RmtInf><Strd><CdtrRefInf><Ref>RF18539007547034</Ref></CdtrRefInf></Strd></RmtInf>"
    )
    (order,) = read(pain001(transaction(reference=structured))).orders
    assert order.reference == "RF18539007547034"
    assert read(pain001(transaction(amount="1250.50000"))).total == Decimal("1250.50")


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 30)).replace("&a0;", "&a;")
    + "]><d>&a29;</d>"
)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (BOMB, "DTD_NOT_ALLOWED"),
        ('<!DOCTYPE d SYSTEM "http://127.0.0.1:1/x"><d/>', "DTD_NOT_ALLOWED"),
        ('<?xml version="1.0"?><!DOCTYPE d [<!ENTITY f SYSTEM "file:///etc/passwd">]><d>&f;</d>',
         "DTD_NOT_ALLOWED"),
        ("<a>" * 100_000, "NOT_XML"),
        (f"<a {'b' * 1_000_000}='c'/>", "NOT_XML"),
        ('<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE', "NOT_UTF8"),
        ("<?xml version='1.0'?><d>&unknown;</d>", "NOT_XML"),
        ('<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="/etc/passwd"/>',
         "VERSION_NOT_ACCEPTED"),
    ],
)  # fmt: skip
def test_hostile_files_are_refused_at_once(content: str, code: str) -> None:
    assert [one[1] for one in wrong(content)] == [code]


def test_a_file_has_a_most_of_payments() -> None:
    many = "".join(transaction(id=str(number), amount="1") for number in range(MOST_LINES + 1))
    content = pain001(many, count=MOST_LINES + 1, total=str(MOST_LINES + 1))
    assert wrong(content) == [("CstmrCdtTrfInitn", "TOO_MANY_LINES")]


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(st.integers(1, 3_000_000), st.sampled_from([IBAN, OTHER_IBAN])),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from(VERSIONS),
)
def test_what_was_written_is_read(said: list[tuple[int, str]], version: str) -> None:
    payments = [
        {"name": f"Payee {at}", "IBAN": iban, "amount": cents, "description": f"No. {at}",
         "endtoend_id": f"E{at}"}
        for at, (cents, iban) in enumerate(said)
    ]  # fmt: skip
    checked = read(written_by_another(version, payments, batch=True))
    assert [(int(one.amount * 100), one.iban) for one in checked.orders] == said


@given(st.randoms(use_true_random=False), st.integers(1, 8))
def test_damaged_files_are_refused_in_words(random_: random.Random, times: int) -> None:
    content = bytearray(pain001(transaction()).encode())
    for _ in range(times):
        at = random_.randrange(len(content))
        match random_.randrange(3):
            case 0:
                content[at] = random_.randrange(256)
            case 1:
                del content[at : at + random_.randrange(40)]
            case _:
                content[at:at] = content[at : at + random_.randrange(80)]
    wrong(bytes(content))
