"""What templates make of data, and what they can't do: reach out, or take more than they may."""

import json
import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.dispatching import limits
from connector.dispatching.structure import compiled
from storage.errors import Invalid


def render(content: Any, **data: Any) -> Any:
    return compiled(json.dumps(content)).render(data)


def refusal(content: Any, **data: Any) -> tuple[str, str]:
    with pytest.raises(Invalid) as refused:
        render(content, **data)
    (problem,) = refused.value.fields
    return problem.field, problem.code


def test_values_keep_their_kind_and_their_digits() -> None:
    made = render(
        {
            "a": "{{ a }}",
            "b": "{{ b }}",
            "c": "n. {{ c }}",
            "d": "{{ d.e[0] }}",
            "f": 5.50,
            "g": None,
        },
        a=Decimal("0.10"),
        b=[1, {"x": True}],
        c=Decimal("1E+2"),
        d={"e": ["é"]},
    )
    assert made == {
        **{"a": Decimal("0.10"), "b": [1, {"x": True}], "c": "n. 100", "d": "é"},
        **{"f": Decimal("5.5"), "g": None},
    }
    assert str(made["a"]) == "0.10"


NUMBERS = {
    "a": Decimal("12345678901234567890.12"),
    "b": Decimal("0.000000001"),
    "c": Decimal("1.234567890123456789"),
    "d": Decimal("0.1234567890123456789012345678901"),
    "z": Decimal(0),
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a + b", "12345678901234567890.120000001"),
        ("a - b", "12345678901234567890.119999999"),
        ("c * c", "1.524157875323883675019051998750190521"),
        ("-d", "-0.1234567890123456789012345678901"),
        ("-z", "0"),
        ("[a, b] | total", "12345678901234567890.120000001"),
        ("a | round(6)", "12345678901234567890.120000"),
    ],
)
def test_nothing_is_rounded_unless_it_is_asked_for(expression: str, expected: str) -> None:
    assert str(render({"x": f"{{{{ {expression} }}}}"}, **NUMBERS)["x"]) == expected


def test_what_has_too_many_digits_is_refused_and_not_rounded() -> None:
    for expression in ("a + d", "[a, d] | total", "c * c * c"):
        assert refusal({"x": f"{{{{ {expression} }}}}"}, **NUMBERS) == (
            "content.x",
            "TEMPLATE_DATA",
        )


def test_entries_are_repeated_and_members_left_out() -> None:
    each = {
        "$each": "lines",
        "$as": "line",
        "$value": {"$if": "line.q > 0", "$value": "{{ line.q }}"},
    }
    content = {
        "own": each,
        "among": ["first", each, "last"],
        "note": {"$if": "note is defined", "$value": "{{ note }}"},
        "either": {"$if": "lines | length > 5", "$value": "many", "$else": "few"},
    }
    made = render(content, lines=[{"q": 2}, {"q": 0}, {"q": 3}])
    assert made == {"own": [2, 3], "among": ["first", 2, 3, "last"], "either": "few"}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("a | upper", "X Y"),
        ("b | join(', ')", "1, 2"),
        ("b | total", Decimal(3)),
        ("c | total('p')", Decimal("3.30")),
        ("p * 3 - 1 + 2", Decimal("4.30")),
        ("(p * 3) | round(1)", Decimal("3.3")),
        ("-p", Decimal("-1.10")),
        ("day | plus_days(31)", "2026-12-31"),
        ("nothing | default('x')", "x"),
        ("'y' if b[0] == 1 and not false else 'n'", "y"),
        ("b | first", 1),
        ("b | last", 2),
        ("a in ['x y', 'z']", True),
    ],
)
def test_expressions(expression: str, value: Any) -> None:
    data = {"a": "x y", "b": [1, 2], "p": Decimal("1.10"), "day": "2026-11-30"}
    data["c"] = [{"p": Decimal("1.10")}, {"p": Decimal("2.20")}]
    assert render({"v": "{{ %s }}" % expression}, **data) == {"v": value}  # noqa: UP031


@settings(max_examples=50)
@given(st.text(), st.text())
def test_data_never_leaves_its_place(one: str, other: str) -> None:
    made = render({"a": "{{ a }}", "b": {"c": "x{{ b }}y"}}, a=one, b=other)
    assert made == {"a": one, "b": {"c": f"x{other}y"}}


REFUSED = [
    "{{ ''.__class__ }}",
    "{{ x.__class__.__mro__[1].__subclasses__() }}",
    "{{ ''|attr('__class__') }}",
    "{{ [''|attr('__cl' ~ 'ass__')] }}",
    "{{ x.format }}{{ x.format(1) }}",
    "{{ '{0.__class__}'.format(x) }}",
    "{{ self }}",
    "{{ self._TemplateReference__context }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ lipsum(100000) }}",
    "{{ range(1000000000) }}",
    "{% for a in range(9) %}{% for b in range(9) %}x{% endfor %}{% endfor %}",
    "{% set a = 1 %}",
    "{% macro m() %}{{ m() }}{% endmacro %}",
    "{% include 'a' %}",
    "{% import 'os' as os %}",
    "{% extends 'a' %}",
    "{% block a %}{% endblock %}",
    "{% call x() %}{% endcall %}",
    "{% filter upper %}a{% endfilter %}",
    "{% with a = 1 %}{% endwith %}",
    "{% autoescape true %}{% endautoescape %}",
    "{{ 9 ** 999999999 }}",
    "{{ '%999999999d' % 1 }}",
    "{{ 1 / 3 }}",
    "{{ 1 // 3 }}",
    "{{ 0.1 }}",
    "{{ 'a' ~ 'b' }}",
    "{{ x[::1] }}",
    "{{ (1, 2) }}",
    "{{ {'a': 1} }}",
    "{{ x | center(999999999) }}",
    "{{ x | join(*x) }}",
    "{{ x is callable }}",
    "{{ ((((((",
    "{{ " + "(" * 1500 + "1" + ")" * 1500 + " }}",
    "{{ x",
    "{% if x %}",
    "{% nonsense %}",
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_the_language_lacks_is_refused_before_it_is_stored(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        compiled(json.dumps({"a": text}))
    (problem,) = refused.value.fields
    assert (problem.field, problem.code) == ("content.a", "TEMPLATE_REFUSED")


@pytest.mark.parametrize(
    "text",
    [
        "{{ 'a' * 999999999 }}",
        "{{ x * 2 }}",
        "{{ 99999999999 * 99999999999 }}",
        "{{ x['__class__'] }}",
        "{{ x['__cla' 'ss__'] }}",
        "{{ missing }}",
        "{{ missing.more }}",
        "{{ d.items }}",
        "{{ d.keys }}",
        "{{ d }} and",
        "{{ x | total }}",
        "{{ d | join }}",
        "{{ x | plus_days(1) }}",
        "{{ '9999-12-31' | plus_days(1) }}",
        "{{ x > 1 }}",
        "{{ x | round(999) }}",
        "{{ cycler }}",
        "{{ huge }} euros",
        "{{ tiny }} euros",
        "{{ long }} euros",
        "{{ huge + 1 }}",
    ],
)
def test_data_that_does_not_fit_is_refused(text: str) -> None:
    data: dict[str, Any] = {"x": "t", "d": {"k": 1}, "long": 10**5000}
    data |= {"huge": Decimal("1E+999999999"), "tiny": Decimal("1E-999999999")}
    assert refusal({"a": text}, **data) == ("content.a", "TEMPLATE_DATA")


def nested(depth: int) -> Any:
    return 1 if depth == 0 else [nested(depth - 1)]


@pytest.mark.parametrize(
    ("content", "data"),
    [
        ({"a": "x" * (limits.LEAF + 1) + "{{ a }}"}, {}),
        ({"a": ["x"] * limits.NODES}, {}),
        ({"a": ["{{ x }}"] * (limits.TEXTS + 1)}, {}),
        ({"a": nested(limits.DEPTH + 1)}, {}),
        ({"a": "x" * limits.CONTENT}, {}),
        ({"a": "{{ " + "not " * (limits.EXPRESSION_DEPTH + 1) + "1 }}"}, {}),
        ({}, {"a": ["x"] * limits.DATA_NODES}),
        ({}, {"a": nested(limits.DEPTH + 1)}),
        ({}, {"a": "x" * (limits.DATA_TEXT + 1)}),
        ({"a": {"$each": "l", "$value": 1}}, {"l": [1] * (limits.REPEATS + 1)}),
        ({"a": ["{{ a }}"] * 40}, {"a": "x" * limits.DATA_TEXT}),
        ({"a": ["{{ a }}"] * 20}, {"a": [["x"] * 10] * 100}),
        (
            {"a": {"$each": "l", "$value": {"$each": "l", "$value": {"$each": "l", "$value": 1}}}},
            {"l": [1] * 1000},
        ),
    ],
)
def test_what_is_too_much_is_refused_soon(content: Any, data: Any) -> None:
    began = time.process_time()
    assert refusal(content, **data)[1] == "TEMPLATE_LIMIT"
    assert time.process_time() - began < 2 * limits.SECONDS


def test_a_joined_text_is_bounded_before_it_is_made() -> None:
    data = {"l": ["x" * 1000] * 4000, "s": "y" * 1000}
    assert refusal({"a": "{{ l | join(s) }}"}, **data) == ("content.a", "TEMPLATE_DATA")


def test_a_template_that_only_takes_time_is_stopped() -> None:
    costly = "{{ " + " and ".join(["l == m"] * 400) + " }}"
    big = {"l": [0] * 2400, "m": [0] * 2400, "n": [1] * 100}
    began = time.process_time()
    content = {"a": {"$each": "n", "$value": [costly] * 10}}
    assert refusal(content, **big)[1] == "TEMPLATE_LIMIT"
    assert time.process_time() - began < 4 * limits.SECONDS


@pytest.mark.parametrize(
    "content",
    [
        {"a": {"$each": "l"}},
        {"a": {"$value": 1}},
        {"a": {"$each": 1, "$value": 1}},
        {"a": {"$each": "l", "$as": "_x", "$value": 1}},
        {"a": {"$each": "l", "$as": "a b", "$value": 1}},
        {"a": {"$each": "l", "$value": 1, "other": 1}},
        {"a": {"$eval": "l"}},
        {"$each": "l", "$value": 1},
        [],
    ],
)
def test_a_structure_that_makes_no_sense_is_refused(content: Any) -> None:
    with pytest.raises(Invalid):
        compiled(json.dumps(content))
