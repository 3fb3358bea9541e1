"""Opens a destination by its URL, and imports what that kind needs."""

from connector.copying.destinations.place import DatabasePlace, FilePlace, place_of
from connector.copying.ports import Destination
from storage.errors import Invalid


def open_destination(to: str) -> Destination:
    """Return the destination that `to` names; nothing is read or written yet.

    Raises Invalid when there is no such kind, or something has to be installed for it.
    """
    match place_of(to):
        case DatabasePlace(url=url, schema=schema, history=history):
            from connector.copying.destinations.postgres import PostgresDestination

            return PostgresDestination(url, schema=schema, history=history)
        case FilePlace() as place:
            if not place.path.absolute().parent.is_dir():
                raise Invalid.one(
                    "to",
                    "DESTINATION_UNKNOWN",
                    f"There is no folder {place.path.parent} for the copy.",
                )
            return _in_files(place)


def _in_files(place: FilePlace) -> Destination:
    match place.kind:
        case "jsonl":
            from connector.copying.destinations.json_lines import json_lines

            return json_lines(place.path)
        case "sqlite":
            from connector.copying.destinations.sqlite import SqliteDestination

            return SqliteDestination(place.path, history=place.history)
        case "duckdb":
            try:
                from connector.copying.destinations.duckdb import DuckdbDestination
            except ModuleNotFoundError as error:
                raise _not_installed(error, "duckdb") from None

            return DuckdbDestination(place.path, history=place.history)
        case _:
            try:
                from connector.copying.destinations.parquet import parquet_files
            except ModuleNotFoundError as error:
                raise _not_installed(error, "parquet") from None

            return parquet_files(place.path)


def _not_installed(error: ModuleNotFoundError, extra: str) -> Exception:
    """Say what to install; what else is missing is a fault of ours."""
    if (error.name or "").partition(".")[0] not in {"duckdb", "pyarrow"}:
        return error
    return Invalid.one(
        "to",
        "EXTRA_MISSING",
        f"That destination needs more than is installed: pip install 'qonto-connector[{extra}]'.",
    )
