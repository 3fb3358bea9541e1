"""File names in headers."""

import pytest

from connector.faces.rest.file_names import attachment


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("F-2026-001.pdf", 'attachment; filename="F-2026-001.pdf"'),
        (
            "Évreux façture.pdf",
            "attachment; filename=\"Evreux facture.pdf\"; filename*=UTF-8''"
            "%C3%89vreux%20fa%C3%A7ture.pdf",
        ),
        (
            "請求書.pdf",
            "attachment; filename=\"___.pdf\"; filename*=UTF-8''%E8%AB%8B%E6%B1%82%E6%9B%B8.pdf",
        ),
        ("../../etc/passwd", 'attachment; filename="passwd"'),
        ("..\\..\\windows\\win.ini", 'attachment; filename="win.ini"'),
        ('a"; filename="evil.exe', 'attachment; filename="a__ filename=_evil.exe"'),
        ("a\r\nSet-Cookie: x=1.pdf", 'attachment; filename="aSet-Cookie_ x=1.pdf"'),
        ("invoice\u202efdp.exe", 'attachment; filename="invoicefdp.exe"'),
        (".htaccess", 'attachment; filename="htaccess"'),
        ("%2e%2e.pdf", 'attachment; filename="_2e_2e.pdf"'),
        (None, 'attachment; filename="document.pdf"'),
        ("", 'attachment; filename="document.pdf"'),
        ("...", 'attachment; filename="document.pdf"'),
        ("\x00\x1f", 'attachment; filename="document.pdf"'),
    ],
)
def test_a_file_name_has_no_surprises(name: str | None, header: str) -> None:
    assert attachment(name, "application/pdf") == header


def test_a_long_name_keeps_its_extension() -> None:
    header = attachment("x" * 400 + ".pdf", "application/pdf")
    assert header.endswith('x.pdf"')
    assert len(header) < 160


def test_a_file_of_another_kind_without_a_name_gets_no_false_extension() -> None:
    assert attachment(None, "text/html") == 'attachment; filename="document"'


@pytest.mark.parametrize("name", ["\ud800.pdf", "é" * 300, "﹤a﹥ ﹕b.pdf", "a;b=c'd.pdf"])
def test_any_name_can_be_a_header(name: str) -> None:
    """Latin-1 is all that a header can carry, and no quote may end the name early."""
    header = attachment(name, "application/pdf")
    header.encode("latin-1")
    assert header.partition("; filename*")[0].count('"') == 2
    assert not any(ord(char) < 0x20 for char in header)
