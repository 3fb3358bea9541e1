"""Write the README's table of resources again, from the app: `python -m tests.support_table`."""

import asyncio
import re
import tempfile
from pathlib import Path
from textwrap import fill

from connector.app.capabilities_operation import Matrices
from connector.app.operations import operations
from connector.capabilities import ACTIONS, Capabilities
from tests.support.described import TARGET, in_process

README = Path(__file__).parent.parent / "README.md"
WORDS = {"supported": "yes", "not_enabled": "not yet", "not_supported": "–"}
_BETWEEN = re.compile(r"(?<=<!-- support: begin -->\n).*(?=<!-- support: end -->)", re.DOTALL)


def written(readme: str, found: Capabilities) -> str:
    """Answer the README with the table as the matrix has it."""
    return _BETWEEN.sub(lambda _: _table(found), readme)


async def matrix() -> Capabilities:
    """Answer the matrix of the app as it ships."""
    with tempfile.TemporaryDirectory() as folder:
        async with in_process(Path(folder)) as up:
            return Matrices(up.container.registry, operations()).of(TARGET)


def _table(found: Capabilities) -> str:
    heads = ["Resource", *(action.capitalize() for action in ACTIONS)]
    rows: list[list[str]] = []
    nothing: list[str] = []
    for row in found.resources:
        cells = [WORDS[row.cell(action).here] for action in ACTIONS]
        if set(cells) == {WORDS["not_supported"]}:
            nothing.append(f"`{row.resource}`")
        else:
            rows.append([f"`{row.resource}`", *cells])
    here, maesn = found.totals.here, found.totals.maesn
    lines = [
        *(f"| {' | '.join(row)} |" for row in (heads, ["---"] * len(heads), *rows)),
        "",
        fill(f"Qonto has none of these: {', '.join(nothing)}.", 100),
        "",
        fill(
            f"Of the {len(found.resources) * len(ACTIONS)} cells {here.supported} are a yes and "
            f"{here.not_enabled} a not yet; on Maesn's page for Qonto {maesn.supported} are "
            f"supported and {maesn.on_demand} on demand.",
            100,
        ),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    README.write_text(written(README.read_text(), asyncio.run(matrix())))
