"""Refusals that mislead come with what to do about them."""

import json

import pytest

from connector.providers.qonto.client import read_refusal


def _refused(**entry: object) -> bytes:
    return json.dumps({"errors": [entry], "trace_id": "t"}).encode()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (_refused(code="search_limit_reached", detail="narrow the search"), "lastModifiedAt"),
        (_refused(code="unknown", detail="Unknown error"), "price plan"),
        (_refused(code="invoice_number_already_exists", detail="taken"), "look the invoice up"),
        (_refused(code="invalid", detail="tin_number must have a value"), "tax identification"),
        (
            _refused(code="required", source={"pointer": "/data/attributes/currency"}),
            "currency of the client",
        ),
        (_refused(code="invalid_iban", detail="IBAN is empty"), "top level"),
        (_refused(code="quote_has_no_attachment", detail="x"), "PDF"),
        (json.dumps({"code": "sca_required", "message": "SCA required"}).encode(), "confirm"),
    ],
)
@pytest.mark.covers("QX-57")
def test_a_known_trap_has_a_hint(body: bytes, words: str) -> None:
    """Beside Qonto's own words, which stay as they are."""
    (complaint,) = read_refusal(403, body).complaints
    assert complaint.hint is not None
    assert words in complaint.hint


@pytest.mark.parametrize("code", ["invalid", "required", "not_in_list", "forbidden", "not_found"])
def test_what_is_clear_by_itself_has_none(code: str) -> None:
    """A hint that is always there is read by nobody."""
    (complaint,) = read_refusal(
        422, _refused(code=code, detail="status must be one of: paid")
    ).complaints
    assert complaint.hint is None


@pytest.mark.parametrize("status", [422, 429, 500, 503])
def test_where_the_cause_is_not_known_there_is_no_hint(status: int) -> None:
    """A failure and a limit come from elsewhere than a price plan, whatever their code."""
    (complaint,) = read_refusal(status, _refused(code="unknown", detail="x")).complaints
    assert complaint.hint is None
    if status != 422:
        known = _refused(code="search_limit_reached", detail="narrow the search")
        assert read_refusal(status, known).complaints[0].hint is None
