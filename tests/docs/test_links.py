"""Links between the documents lead somewhere, and the documents keep to themselves."""

import re
from pathlib import Path

import pytest

from tests.docs.markdown import ROOT, anchors, documents, links

DOCUMENTS = documents()


def _name(document: Path) -> str:
    return str(document.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_every_relative_link_leads_to_a_file_and_a_heading(document: Path) -> None:
    for target in links(document):
        if target.startswith(("https://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        aim = document if not path else (document.parent / path).resolve()
        assert aim.exists(), target
        assert aim.is_relative_to(ROOT), target
        if anchor:
            assert anchor in anchors(aim), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_no_document_names_a_place_on_somebodys_machine(document: Path) -> None:
    assert not re.search(r"(?<![\w.])/(home|root|work|Users)/", document.read_text())


def test_the_documents_one_expects_are_there() -> None:
    expected = {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "DECISIONS.md", "SECURITY.md"}
    expected |= {"deploy/runbook.md", "docs/requirements.md"}
    assert expected <= {_name(document) for document in DOCUMENTS}
    assert "Apache License" in (ROOT / "LICENSE").read_text()
