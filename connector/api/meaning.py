"""What a field means, for the API's description."""

import msgspec


def meaning(text: str) -> msgspec.Meta:
    """Return what says so beside the field's type, in `Annotated`."""
    return msgspec.Meta(description=text)
