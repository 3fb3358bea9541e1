"""Whether a record is what was sent."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.providers.qonto.writing.matching import holds

TEXTS = st.text("abcdefgh", min_size=1, max_size=5)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | TEXTS,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(TEXTS, VALUES, max_size=4), st.dictionaries(TEXTS, VALUES, max_size=4))
def test_what_was_sent_holds_whatever_else_there_is(
    sent: dict[str, Any], more: dict[str, Any]
) -> None:
    assert holds(sent, {**more, **sent})


@given(st.dictionaries(TEXTS, TEXTS, min_size=1, max_size=4), st.data())
def test_one_other_value_is_another_record(sent: dict[str, str], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(sent)))
    assert not holds(sent, {**sent, name: sent[name] + "x"})
    assert not holds(sent, {each: one for each, one in sent.items() if each != name})


@pytest.mark.parametrize(
    ("sent", "got", "same"),
    [
        ("12.50", "12.5", True),
        ("12.50", "12.51", False),
        ({"value": "600", "currency": "EUR"}, {"value": "600.00", "currency": "EUR"}, True),
        (" Café ", "Café", True),
        ("A@b.fr", "a@b.fr", True),
        ("Café", "CAFÉ", False),
        (None, "", True),
        ("", None, True),
        ("x", None, False),
        ([], None, True),
        (["a"], ["a", "b"], False),
        ([{"a": "1"}], [{"a": "1.0", "b": 2}], True),
        (True, 1, True),
        ("1", True, False),
    ],
)
def test_ways_of_saying_the_same(sent: object, got: object, same: bool) -> None:
    assert holds({"field": sent}, {"field": got}) is same
