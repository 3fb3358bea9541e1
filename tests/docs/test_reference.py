"""The reference pages are what the code says of itself."""

from connector.api.openapi_errors import error_codes
from connector.capabilities import ACTIONS
from connector.resources import RESOURCES
from tests.docs.markdown import table_rows
from tests.reference.pages import FOLDER, pages
from webhooks.subscriptions import OFFERED


async def test_each_page_is_current() -> None:
    """`make reference` writes them again."""
    written = {path.name: path.read_text() for path in FOLDER.glob("*.md")}
    assert written == await pages()


def test_no_code_event_or_resource_is_left_out() -> None:
    codes = {row[0].strip("`") for row in table_rows(FOLDER / "errors.md", r"`[A-Z_]+`")}
    assert codes == {one.code for one in error_codes()}
    words = {row[0].strip("`") for row in table_rows(FOLDER / "events.md", r"`[A-Z_]+`")}
    assert words == set(OFFERED)
    text = (FOLDER / "resources.md").read_text()
    assert [one.name for one in RESOURCES] == [
        line.removeprefix("### ") for line in text.splitlines() if line.startswith("### ")
    ]


def test_the_matrix_has_a_word_in_each_cell() -> None:
    shown = {
        row[0].strip("`"): row[1:]
        for row in table_rows(FOLDER / "resources.md", r"`\w+`")
        if len(row) == len(ACTIONS) + 1
    }
    assert {cell for row in shown.values() for cell in row} == {"yes", "not yet", "–"}
    assert shown["invoices"][0] == "yes"
