"""CSV files: what is tolerated, and what is refused."""

import codecs
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.payouts.orders import LARGEST_FILE, MOST_LINES
from tests.connector.payouts.written import IBAN, LINE, csv_of, line, read, wrong

HEADER = "name,iban,amount,reference\n"
ROW = f"Marie Durand,{IBAN},10.00,Invoice 17\n"


@pytest.mark.parametrize(
    "content",
    [
        HEADER + ROW,
        codecs.BOM_UTF8.decode() + HEADER + ROW,
        (HEADER + ROW).replace("\n", "\r\n"),
        (HEADER + ROW).replace(",", ";").replace("10.00", "10,00"),
        "NAME, Iban ,Amount,REFERENCE\n" + ROW,
        HEADER + "\n,,,\n" + ROW + "\n",
        HEADER + ROW.rstrip("\n"),
        HEADER + f'"Marie Durand","{IBAN}","10,00","Invoice 17"\n',
        f"reference,amount,iban,name\nInvoice 17,10,{IBAN}, Marie Durand \n",
    ],
)
def test_what_is_tolerated(content: str) -> None:
    (order,) = read(content).orders
    said = (order.name, order.iban, order.amount, order.reference)
    assert said == ("Marie Durand", IBAN, Decimal("10.00"), "Invoice 17")


@pytest.mark.parametrize(
    ("content", "place", "code"),
    [
        (b"", "file", "EMPTY_FILE"),
        (b" \r\n\t", "file", "EMPTY_FILE"),
        (HEADER.encode(), "file", "NO_LINES"),
        (HEADER.encode() + ROW.replace("Marie", "Ren\xe9").encode("latin-1"), "line 2", "NOT_UTF8"),
        ((HEADER + ROW).encode("utf-16"), "line 1", "NOT_UTF8"),
        ((HEADER + ROW + "\0").encode(), "line 3", "NUL_CHARACTER"),
        ("name;iban,amount\n", "line 1", "AMBIGUOUS_DELIMITER"),
        (HEADER.replace("amount", "ammount") + ROW, "line 1, column 3", "UNKNOWN_COLUMN"),
        (HEADER.replace("\n", ",Name\n") + ROW, "line 1, column 5", "DUPLICATE_COLUMN"),
        ("name,iban,amount\n", "line 1", "MISSING_COLUMN"),
        (HEADER + f'"Marie"Durand,{IBAN},10,17\n', "line 2", "BROKEN_QUOTES"),
        (HEADER + ROW + f'"Marie,{IBAN},10,17\n', "line 3", "BROKEN_QUOTES"),
        (HEADER + ROW.replace("10.00", "10,00"), "line 2", "ROW_LENGTH"),
        (HEADER + "Marie\n", "line 2", "ROW_LENGTH"),
        (HEADER + ROW.replace("Marie", "m" * 2_001), "line 2, name", "FIELD_TOO_LONG"),
        (HEADER + ROW.replace("Marie", "m" * 200_000), "line 2", "BROKEN_QUOTES"),
    ],
)
def test_what_is_refused(content: bytes | str, place: str, code: str) -> None:
    assert (place, code) in wrong(content)


def test_lines_are_counted_as_an_editor_does() -> None:
    """Empty lines count, and a cell over several lines is told where it begins."""
    content = f'{HEADER}\n"Marie\nDurand",{IBAN},10,17\n{ROW.replace("10.00", "x")}'
    assert wrong(content) == [
        ("line 3, name", "CONTROL_CHARACTER"),
        ("line 5, amount", "NOT_AN_AMOUNT"),
    ]


def test_sizes_have_bounds() -> None:
    row = ROW.encode()
    rows = [row.replace(b"17", str(number).encode()) for number in range(MOST_LINES)]
    assert len(read(HEADER.encode() + b"".join(rows)).orders) == MOST_LINES
    assert wrong(HEADER.encode() + b"".join([*rows, row])) == [
        (f"line {MOST_LINES + 2}", "TOO_MANY_LINES")
    ]
    room = LARGEST_FILE - len(HEADER) - len(row)
    blank = (b" " * 99_999 + b"\n") * (room // 100_000) + b" " * (room % 100_000)
    assert wrong(HEADER.encode() + row + blank) == []
    assert wrong(HEADER.encode() + row + blank + b"\n") == [("file", "FILE_TOO_LARGE")]
    assert wrong(HEADER.encode() + row + b"\n" * 100_000) == [("file", "TOO_MANY_LINES")]


_texts = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp", "Cn", "Co")),
    min_size=1,
    max_size=60,
).filter(lambda text: text[0] not in "=+-@\ufeff")


@given(
    st.lists(
        st.fixed_dictionaries(
            {"name": _texts, "reference": _texts, "cents": st.integers(1, 3_000_000)}
        ),
        min_size=1,
        max_size=20,
    ),
    st.sampled_from(",;"),
    st.sampled_from(".,"),
    st.booleans(),
)
def test_what_was_written_is_read(
    said: list[dict[str, object]], delimiter: str, mark: str, has_bom: bool
) -> None:
    lines = [
        line(
            name=str(one["name"]),
            reference=str(one["reference"]),
            amount=f"{Decimal(str(one['cents'])) / 100:.2f}".replace(".", mark),
        )
        for one in said
    ]
    content = csv_of(lines, delimiter=delimiter)
    checked = read(codecs.BOM_UTF8 + content if has_bom else content, "DUPLICATE_LINE")
    found = [(one.name, one.reference, int(one.amount * 100)) for one in checked.orders]
    assert found == [(one["name"], one["reference"], one["cents"]) for one in said]
    assert int(checked.total * 100) == sum(int(str(one["cents"])) for one in said)


@given(st.binary(max_size=400), st.sampled_from([b"", HEADER.encode(), csv_of([LINE])]))
def test_garbage_is_refused_in_words(garbage: bytes, before: bytes) -> None:
    wrong(before + garbage)
