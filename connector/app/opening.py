"""From settings to an open database, and to the place for tokens that aren't saved yet."""

from pathlib import Path

from sqlalchemy.exc import ArgumentError

from connector.app.settings import Settings, SettingsInvalid
from oauth.spill import Spill
from storage.engine import Database, StorageSettings
from storage.pooler import pooler_before
from storage.sealing import KeyRing


def open_database(settings: Settings) -> Database:
    """Open the database that the settings name. Raises SettingsInvalid when that can't be."""
    try:
        database = Database(
            StorageSettings(
                url=settings.database.url.get_secret_value(),
                pool_size=settings.database.pool_size,
                transaction_pooling=settings.database.transaction_pooling,
            )
        )
    except (ValueError, ArgumentError) as error:
        raise SettingsInvalid(f"CONNECTOR_DATABASE__URL: {error}") from None
    if database.path is not None and not database.path.absolute().parent.is_dir():
        folder = database.path.absolute().parent
        raise SettingsInvalid(
            f"CONNECTOR_DATABASE__URL: there is no folder {folder}; make it first"
        )
    return database


def spill_of(settings: Settings, database: Database, ring: KeyRing) -> Spill | None:
    """Find the folder for tokens that aren't saved yet; None where there is to be none."""
    given = settings.state_directory
    if given == "none" or (not given and database.path is None):
        return None
    if given:
        return Spill(Path(given) / "unsaved-tokens", ring)
    path = database.path
    assert path is not None
    return Spill(path.with_name(f"{path.name}-unsaved-tokens"), ring)


def upload_folder(settings: Settings, database: Database) -> str | None:
    """Find the folder for files on their way through; None is the system's own for such files."""
    given = settings.server.upload_directory or settings.state_directory
    if given and given != "none":
        return given
    return None if database.path is None else str(database.path.absolute().parent)


POOLER_UNTOLD = (
    "a pooler in transaction mode is before PostgreSQL: set "
    "CONNECTOR_DATABASE__TRANSACTION_POOLING=true, or go around it."
)


async def require_fitting_pooler(database: Database) -> None:
    """Raise SettingsInvalid where a pooler would lose what is prepared, and nobody said so."""
    settings = database.settings
    if database.is_sqlite or settings.transaction_pooling:
        return
    if await pooler_before(settings) == "transaction":
        raise SettingsInvalid(POOLER_UNTOLD)
