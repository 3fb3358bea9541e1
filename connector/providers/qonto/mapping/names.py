"""Names of people and companies, compared as a reader compares them."""

import unicodedata


def same_name(one: str, other: str) -> bool:
    """Say whether two names differ in capitals, spaces and encoding at most."""
    return folded(one) == folded(other)


def has_part(name: str, part: str) -> bool:
    """Say whether a name has a part, whatever the capitals and accents of either."""
    return plain(part) in plain(name)


def folded(name: str) -> str:
    """Return a name with one kind of space and without capitals, its letters composed."""
    composed = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(unicodedata.normalize("NFC", composed).split())


def plain(name: str) -> str:
    """Return a folded name without accents."""
    letters = unicodedata.normalize("NFD", folded(name))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
