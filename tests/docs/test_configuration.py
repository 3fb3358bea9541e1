"""The settings, their reference and deploy/env.example name the same keys and defaults."""

import re

import pytest

from connector.app.settings import PREFIX
from tests.docs.markdown import ROOT, documents
from tests.docs.settings_keys import keys

ENV_EXAMPLE = ROOT / "deploy" / "env.example"


def test_the_reference_lists_every_key_with_its_default_and_its_meaning() -> None:
    text = (ROOT / "docs" / "reference" / "settings.md").read_text()
    told = re.findall(rf"^### `({PREFIX}\w+)`\n\n(.+)\n\nDefault: (?:`(.*?)`|none)\.", text, re.M)
    assert {key: default for key, _meaning, default in told} == keys()


def test_env_example_explains_every_key_and_shows_its_default() -> None:
    text = ENV_EXAMPLE.read_text()
    shown = dict(re.findall(rf"^#?({PREFIX}\w+)=(.*)$", text, re.MULTILINE))
    assert shown == keys()
    for key in shown:
        (before,) = re.findall(rf"^(.*)\n#?{key}=", text, re.MULTILINE)
        assert before.startswith("# "), f"{key} has no explanation above it"


@pytest.mark.parametrize("document", [*documents(), ENV_EXAMPLE], ids=lambda path: path.name)
def test_no_document_names_a_key_that_does_not_exist(document) -> None:
    named = set(re.findall(rf"{PREFIX}[A-Z_]+[A-Z]", document.read_text()))
    assert {key.removesuffix("_FILE") for key in named} <= {*keys(), "CONNECTOR_TEST_POSTGRES_URL"}
