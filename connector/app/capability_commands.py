"""The command that prints what can be done with each resource."""

from typing import Annotated

import typer

from connector.app.options import AsJson


def capabilities(
    target: Annotated[str, typer.Option(help="A target system.")] = "qonto",
    as_json: AsJson = False,
) -> None:
    """Print what can be read, written and watched.

    GET /capabilities answers the same.

    Example: qonto-connector capabilities --target qonto-sandbox
    """
    from connector.app.actions import matrix

    matrix.show(target, as_json)
