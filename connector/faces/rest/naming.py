"""What generated clients call the operations on a resource, from its name in the path. Pure."""

_V2 = "v2/"


def plural(name: str) -> str:
    """Return creditNotes as CreditNotes, and v2/contacts as ContactsV2."""
    bare = name.removeprefix(_V2)
    return f"{bare[:1].upper()}{bare[1:]}{'V2' if name.startswith(_V2) else ''}"


def singular(name: str) -> str:
    """Return creditNotes as CreditNote, and v2/contacts as ContactV2."""
    bare = name.removeprefix(_V2).removesuffix("s")
    return f"{bare[:1].upper()}{bare[1:]}{'V2' if name.startswith(_V2) else ''}"
