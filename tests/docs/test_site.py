"""The documents as a site: whole, found by its search, and without anything from elsewhere."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.docs.markdown import ROOT, documents
from tests.docs.site import BUILD, build, lay_out

LOADING = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}
"""Elements that fetch something by themselves, and where they say what."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    folder = tmp_path_factory.mktemp("site")
    lay_out(folder)
    done = build(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / BUILD / "site"


def test_every_document_is_a_page(site: Path) -> None:
    configured = set(re.findall(r'= "([\w/.-]+\.md)"', (ROOT / "zensical.toml").read_text()))
    assert configured == {str(path.relative_to(ROOT)) for path in documents()}
    for name in configured:
        path = Path(name)
        place = path.parent if path.stem == "README" else path.with_suffix("")
        assert (site / place / "index.html").is_file(), name


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    for path in site.rglob("*.html"):
        foreign = [one for one in _loaded(path.read_text()) if re.match(r"(https?:)?//", one)]
        assert foreign == [], path
    for path in site.rglob("*.css"):
        assert re.findall(r"url\([\"']?(?:https?:)?//[^)]+", path.read_text()) == [], path


@pytest.mark.parametrize(
    ("words", "page"),
    [
        ("page invoices", "docs/guides/read/"),
        ("verify webhook typescript", "docs/guides/webhooks/"),
        ("idempotency key lost answer", "docs/guides/write/"),
        ("replay failed deliveries", "docs/guides/deliveries/"),
        ("restore backup", "docs/guides/backup/"),
        ("CONNECTOR_DATABASE__POOL_SIZE default", "docs/reference/settings/"),
        ("FILTER_TOO_BROAD", "docs/reference/errors/"),
    ],
)
def test_the_search_knows_a_section_for_what_a_newcomer_looks_for(
    site: Path, words: str, page: str
) -> None:
    sections = json.loads((site / "search.json").read_text())["items"]
    found = [
        one["location"]
        for one in sections
        if all(word.lower() in (one["title"] + one["text"]).lower() for word in words.split())
    ]
    assert [place for place in found if place.startswith(page)], found


def test_a_link_that_leads_nowhere_fails_the_build(tmp_path: Path) -> None:
    lay_out(tmp_path)
    page = tmp_path / BUILD / "docs" / "docs" / "guides" / "read.md"
    page.write_text(page.read_text() + "\n[nowhere](nowhere.md), [no heading](link.md#nowhere)\n")
    done = build(tmp_path)
    assert done.returncode != 0
    assert "page does not exist" in done.stderr
    assert "anchor does not exist" in done.stderr


class _Loading(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in LOADING and given.get("rel") not in ("canonical", "next", "prev"):
            self.found.append(given.get(LOADING[tag]) or "")


def _loaded(text: str) -> list[str]:
    parser = _Loading()
    parser.feed(text)
    return parser.found
