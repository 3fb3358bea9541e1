"""Ids for records that Qonto sent without one."""

from hashlib import sha256

import msgspec

from connector.providers.qonto.documents.mending import QontoDocument

PREFIX = "without-id-"
"""What no id of Qonto's begins with, and what nobody takes for one."""

_DIGITS = 16


def stand_in(document: QontoDocument) -> str:
    """Return what stands for a record's id: a hash of what Qonto says in it.

    It stays while the record does. What Qonto writes anew with every answer doesn't count.
    """
    told = {
        field: getattr(document, field)
        for field in document.__struct_fields__
        if field != "id" and field not in document.fleeting
    }
    content = msgspec.json.encode(told, order="deterministic")
    return f"{PREFIX}{sha256(content).hexdigest()[:_DIGITS]}"
