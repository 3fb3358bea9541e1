"""What an invoice's file has to be before it is sent through the e-invoicing network."""

from collections.abc import AsyncIterator
from io import BytesIO

import pypdf
import pytest

from connector.errors import DocumentUnreadable
from connector.issuing import files
from connector.issuing.files import check_file

BOMB = b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"


class Opened:
    """A Download of given bytes."""

    id, file_name, size = "file", "invoice.pdf", None
    content_type = "application/pdf"

    def __init__(self, content: bytes) -> None:
        self.content = content

    async def chunks(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self.content), 1000):
            yield self.content[start : start + 1000]

    async def close(self) -> None:
        """Nothing is open."""


def pdf(**attached: bytes) -> bytes:
    """Return a PDF with files in it, `_` for a dot in their names."""
    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    for name, content in attached.items():
        writer.add_attachment(name.replace("_", "."), content)
    into = BytesIO()
    writer.write(into)
    return into.getvalue()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<html>", "isn't"),
        (b"%PDF-1.7 and no more", "can't be opened"),
        (pdf(), "no e-invoice"),
        (pdf(other_xml=b"<a/>"), "no e-invoice"),
        (pdf(xrechnung_xml=b"no XML"), "breaks its schema"),
        (pdf(xrechnung_xml=b"<a/>"), "breaks its schema"),
        (pdf(xrechnung_xml=BOMB), "document type"),
    ],
)
async def test_what_is_no_e_invoice_is_not_sent(content: bytes, why: str) -> None:
    with pytest.raises(DocumentUnreadable, match=why):
        await check_file(Opened(content), {})


async def test_a_file_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST", 5000)
    with pytest.raises(DocumentUnreadable, match="too large"):
        await check_file(Opened(b"%PDF" + b"x" * 6000), {})


async def test_without_the_packages_only_its_form_is_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Which the caller is told."""
    monkeypatch.setattr(files, "find_spec", lambda _: None)
    assert await check_file(Opened(pdf()), {}) is None
    with pytest.raises(DocumentUnreadable):
        await check_file(Opened(b"<html>"), {})
