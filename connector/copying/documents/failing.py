"""How a store of documents fails: in words without addresses and credentials."""

from storage.errors import StorageUnavailable


class DocumentStoreFailed(StorageUnavailable):
    """The store can't be reached, is full, or refuses; the document isn't in it."""
