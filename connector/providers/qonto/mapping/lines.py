"""What the lines of Qonto's documents have in common."""


def line_id(document_id: str | None, position: int) -> str | None:
    """Return the id of a line, counted from 1 in Qonto's order.

    Qonto gives lines no id, so it is made of the document's, and is None when that has none. It
    stays while no line before it comes or goes.
    """
    return f"{document_id}-{position}" if document_id else None
