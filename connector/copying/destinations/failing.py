"""How a destination fails: in words that hold neither its URL nor what was written."""

from storage.errors import StorageUnavailable


class DestinationFailed(StorageUnavailable):
    """A destination can't be reached, is full, or refuses; nothing of the batch is in it."""
