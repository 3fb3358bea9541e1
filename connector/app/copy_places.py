"""Where the settings say that copies go: checked before anything runs."""

from connector.app.settings import SettingsInvalid, SyncGroup
from connector.copying.places import OPENERS
from storage.errors import Invalid


def check(sync: SyncGroup) -> str | None:
    """Return where copies go, in words without credentials; None if they go nowhere.

    Raises SettingsInvalid for what is no place, or needs something that isn't installed. Nothing is
    read or written.
    """
    to, documents = sync.to.get_secret_value(), sync.documents.get_secret_value()
    if documents and not to:
        raise SettingsInvalid(
            "CONNECTOR_SYNC__DOCUMENTS is set, and CONNECTOR_SYNC__TO isn't: documents go with "
            "their records. Set both."
        )
    if not to:
        return None
    try:
        OPENERS.destination(to)
    except Invalid as error:
        raise _unfit("TO", error) from None
    try:
        if documents:
            OPENERS.documents(documents)
    except Invalid as error:
        raise _unfit("DOCUMENTS", error) from None
    kinds = [one.partition(":")[0] for one in (to, documents) if one]
    return " and ".join(kinds)


def _unfit(name: str, error: Invalid) -> SettingsInvalid:
    return SettingsInvalid(f"CONNECTOR_SYNC__{name}: {error.message}")
