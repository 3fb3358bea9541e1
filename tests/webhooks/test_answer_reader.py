"""The reader of answers, byte by byte: the status decides, and what is read is bounded."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from webhooks.answer_reader import MOST_HEAD, AnswerReader

MOST = 4096
GOOD = (
    b"HTTP/1.1 %d X\r\nContent-Length: 5\r\nRetry-After: 7\r\n\r\nhello",
    b"HTTP/1.1 %d X\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3;a=b\r\nhel\r\n2\r\nlo\r\n0\r\nT: r\r\n\r\n",
    b"HTTP/1.0 %d X\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello",
)
statuses = st.integers(200, 599).filter(lambda code: code not in (204, 304))


def read(*parts: bytes) -> AnswerReader:
    reader = AnswerReader(kept=2048, most=MOST)
    for part in parts:
        if reader.feed(part):
            break
    return reader


def cut(raw: bytes, at: list[int]) -> list[bytes]:
    edges = [0, *sorted({one % (len(raw) + 1) for one in at}), len(raw)]
    return [raw[start:end] for start, end in pairwise(edges)]


@given(st.sampled_from(GOOD), statuses, st.lists(st.integers(0, 1000), max_size=20))
def test_an_answer_is_read_alike_however_it_arrives(
    form: bytes, status: int, at: list[int]
) -> None:
    reader = read(*cut(form % status, at))
    assert (reader.status, reader.body, reader.keeps_open) == (status, b"hello", True)


@given(
    statuses,
    st.sampled_from(GOOD),
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 2), st.binary(max_size=6)), max_size=8),
    st.lists(st.integers(0, 1000), max_size=6),
)
def test_no_damage_after_the_status_line_changes_the_status(
    status: int, form: bytes, damages: list[tuple[int, int, bytes]], at: list[int]
) -> None:
    line, _, rest = (form % status).partition(b"\r\n")
    damaged = bytearray(rest)
    for where, removed, put in damages:
        where %= len(damaged) + 1
        damaged[where : where + removed] = put
    assert read(*cut(line + b"\r\n" + bytes(damaged), at)).status == status


@given(statuses, st.binary(max_size=300), st.lists(st.integers(0, 1000), max_size=6))
def test_no_bytes_after_the_status_line_change_the_status(
    status: int, rest: bytes, at: list[int]
) -> None:
    assert read(*cut(b"HTTP/1.1 %d X\r\n" % status + rest, at)).status == status


@given(st.binary(max_size=200) | st.binary(max_size=50).map(lambda raw: b"HTTP/1.1 " + raw))
def test_any_bytes_are_read_without_failing(raw: bytes) -> None:
    reader = read(raw)
    assert reader.status is None or 100 <= reader.status <= 999
    assert len(reader.body) <= 2048


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_a_connection_is_kept_only_when_its_answer_was_in_order(parts: list[bytes]) -> None:
    """Whatever else comes, it is never kept with bytes left over."""
    reader = AnswerReader(kept=2048, most=MOST)
    for part in (GOOD[0] % 200, *parts):
        ended = reader.feed(part)
        if ended:
            break
    assert reader.keeps_open


def test_bytes_after_an_answer_end_its_connection() -> None:
    for form in GOOD:
        assert not read(form % 200 + b"x").keeps_open


def test_a_head_of_very_many_lines_is_kept_in_part() -> None:
    """What each line costs is paid by the loop that all deliveries share."""
    reader = read(b"HTTP/1.1 200 OK\r\n" + b"a:\n" * 20_000 + b"\n")
    assert (reader.status, len(reader.headers), reader.keeps_open) == (200, 1_000, False)
    reader = read(b"HTTP/1.1 200 OK\r\na: b\r\n" + b" c\n" * 20_000 + b"\n")
    assert reader.status == 200
    assert 4_096 <= len(reader.headers[0][1]) < 5_000


def test_what_never_ends_is_given_up_soon() -> None:
    for start, more in (
        (b"", b"\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 ", b"x" * 100),
        (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
        (b"HTTP/1.1 200 OK\r\nX: ", b"y" * 100),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"y" * 100),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", b"y" * 100),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\ny\r\n"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"1;" + b"x" * 99 + b"\r\ny\r\n",
        ),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"),
    ):
        reader = AnswerReader(kept=2048, most=MOST)
        ended = reader.feed(start)
        fed = len(start)
        while not ended:
            ended = reader.feed(more)
            fed += len(more)
            assert fed < MOST_HEAD + 3 * MOST, start
        assert reader.status == (200 if start else None)
        assert not reader.keeps_open
