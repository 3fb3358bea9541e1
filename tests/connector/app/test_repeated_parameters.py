"""A query parameter has one value: one that comes twice is refused by name, everywhere."""

import pytest
from starlette.datastructures import QueryParams

from connector.api.parsing import given_once, parse_query
from storage.errors import Invalid
from webhooks.log_operations import LogQuery


@pytest.mark.parametrize("query", ["status=OPEN&status=PAID", "a=1&status=OPEN&status=OPEN"])
def test_a_repeated_parameter_is_refused_by_name(query: str) -> None:
    with pytest.raises(Invalid) as caught:
        given_once(QueryParams(query))
    assert [(one.field, one.code) for one in caught.value.fields] == [("status", "REPEATED")]


def test_a_parameter_without_a_value_is_none() -> None:
    assert given_once(QueryParams("status=&status=OPEN&limit=")) == {"status": "OPEN"}


def test_the_delivery_log_refuses_it_too() -> None:
    with pytest.raises(Invalid) as caught:
        parse_query(LogQuery, QueryParams("limit=5&limit=10"))
    assert [one.field for one in caught.value.fields] == ["limit"]
