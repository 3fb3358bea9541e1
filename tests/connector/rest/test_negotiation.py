"""Which form of a file a request gets."""

import pytest

from connector.faces.rest.negotiation import choose_form

PDF, JSON, BYTES = "application/pdf", "application/json", "application/octet-stream"


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        ("application/json, application/pdf", JSON),
        ("application/pdf, application/json", JSON),
        ("application/json;q=0.9, application/pdf", PDF),
        ("application/pdf", PDF),
        ("APPLICATION/PDF", PDF),
        ("application/pdf;version=1.7", PDF),
        ("application/pdf, */*", PDF),
        ("application/pdf, */*;q=0.1", PDF),
        ("application/pdf;q=0.5, */*;q=0.8", JSON),
        ("application/pdf;q=0.1, application/json;q=0.2", JSON),
        ("application/pdf;q=0, */*", JSON),
        ("application/json;q=0, */*", PDF),
        ("application/octet-stream", BYTES),
        ("application/octet-stream, */*;q=0.5", BYTES),
        ("application/octet-stream, application/pdf", PDF),
        ("application/octet-stream, application/pdf;q=0.9", BYTES),
        ("application/json;q=0.2, application/octet-stream;q=0.3", BYTES),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", JSON),
        ("image/*", None),
        ("text/html", None),
        ("application/pdf;q=0", None),
        ("*/*;q=0", None),
        ("nonsense", None),
        ("application/pdf;q=lots", None),
        ("application/pdf;q=2", None),
    ],
)
def test_a_request_gets_the_form_it_prefers(accept: str | None, form: str | None) -> None:
    assert choose_form(accept, PDF) == form


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("image/*", "image/png"),
        ("image/*, */*", "image/png"),
        ("image/*;q=0.5, */*", JSON),
        ("image/jpeg", None),
        ("image/jpeg, image/*;q=0.1", "image/png"),
    ],
)
def test_a_range_of_types_prefers_the_files_of_that_kind(accept: str, form: str | None) -> None:
    assert choose_form(accept, "image/png") == form


def test_a_file_that_is_json_is_had_bare_as_bytes() -> None:
    assert choose_form("application/json", JSON) == JSON
    assert choose_form(BYTES, JSON) == BYTES
