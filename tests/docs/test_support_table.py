"""The README's table of resources is what the service says of itself."""

from connector.capabilities import ACTIONS
from tests.docs.markdown import ROOT, table_rows
from tests.support_table import WORDS, matrix, written

README = ROOT / "README.md"


async def test_the_table_is_current() -> None:
    """`make support` writes it again."""
    found = await matrix()
    text = README.read_text()
    assert text == written(text, found)
    shown = {row[0].strip("`"): row[1:] for row in table_rows(README, r"`\w+`") if len(row) == 6}
    for row in found.resources:
        cells = [WORDS[row.cell(action).here] for action in ACTIONS]
        assert shown.get(row.resource, ["–"] * 5) == cells
    assert shown["invoices"][0] == "yes"
