"""What passes for a PDF."""


def pdf(text: str, size: int = 0) -> bytes:
    """Return bytes that begin as a PDF does; others for another text."""
    return b"%PDF-1.7\n" + text.encode().ljust(size - 9, b".")
