"""Names that a provider or a person made never lead anywhere else."""

import hashlib
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.copying.documents.names import is_digest, paths_of, safe_id, safe_name

DIGEST = hashlib.sha256(b"document").hexdigest()
NASTY = [
    "../../../etc/passwd",
    "..",
    ".",
    "/etc/passwd",
    "C:\\Windows\\system.ini",
    "\\\\server\\share",
    "a\0b.pdf",
    "CON",
    "nul.pdf",
    "com1.tar.gz",
    "LPT¹.txt",
    "~/.ssh/id_rsa",
    "invoice\u202efdp.exe",
    "line\nbreak\r.pdf",
    "x" * 5000 + ".pdf",
    "ü" * 5000,
    "half \ud83d of a pair.pdf",
    "   ",
    "",
    ".hidden",
    "trailing. . .",
    "a|b<c>d?e*f\"g:h;i'j`k$l%m{n}o",
    "-rf",
]
odd = st.one_of(st.sampled_from(NASTY), st.text(), st.text(alphabet="./\\\0: ~aCONnul\u202e"))


@given(account=odd, record=odd, name=st.one_of(st.none(), odd), kind=odd)
def test_paths_stay_below_the_store_whatever_they_are_made_of(
    account: str, record: str, name: str | None, kind: str
) -> None:
    paths = paths_of(DIGEST, account, "invoices", record, name, kind)
    assert paths.content == f"content/{DIGEST[:2]}/{DIGEST}"
    top, *folders, last = paths.index.split("/")
    assert (top, len(folders)) == ("records", 3)
    for part in (*folders, last):
        assert part not in {"", ".", ".."}
        assert not part.startswith((".", " "))
        assert not part.endswith((".", " "))
        assert len(part.encode()) <= 200
        assert all(sign.isprintable() and sign not in '/\\:*?"<>|%{}^~[]`#' for sign in part)
        assert not PureWindowsPath(part).is_reserved()
    assert ".." not in PurePosixPath(paths.index).parts


@given(one=odd, other=odd)
def test_two_ids_never_share_a_folder(one: str, other: str) -> None:
    assert (safe_id(one) == safe_id(other)) == (one == other)


@pytest.mark.parametrize(
    ("name", "kind", "made"),
    [
        ("Facture 2026-01.pdf", "application/pdf", f"Facture 2026-01-{DIGEST[:8]}.pdf"),
        ("Rechnung Köln.PDF", "application/pdf", f"Rechnung Köln-{DIGEST[:8]}.pdf"),
        ("v1.2 final", "application/pdf; charset=x", f"v1.2 final-{DIGEST[:8]}.pdf"),
        ("", "image/png", f"document-{DIGEST[:8]}.png"),
        ("../..", "none", f"_-{DIGEST[:8]}"),
        ("con.pdf", "application/pdf", f"_con-{DIGEST[:8]}.pdf"),
        (".pdf", "application/pdf", f"pdf-{DIGEST[:8]}.pdf"),
    ],
)
def test_names_are_kept_as_far_as_they_are_safe(name: str, kind: str, made: str) -> None:
    assert safe_name(name, DIGEST, kind) == made


def test_an_id_of_a_uuid_stays_as_it_is() -> None:
    assert safe_id("018f71db-c635-78b5-b90a-ea05de98c2bf") == "018f71db-c635-78b5-b90a-ea05de98c2bf"


@pytest.mark.parametrize("text", ["", "../../etc", DIGEST.upper(), DIGEST[:-1], DIGEST + "\n"])
def test_only_a_digest_is_one(text: str) -> None:
    assert is_digest(DIGEST)
    assert not is_digest(text)
