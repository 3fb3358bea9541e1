"""Where a copy goes, as one text says it: `sqlite:///copy.db`, say.

Files are named as SQLAlchemy does it: three slashes and a path, which begins with a fourth when it
is absolute. Folders are named `jsonl:` and a path. `?history=yes` keeps each version of a record in
a table beside; folders keep them always.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

from storage.errors import Invalid

_KNOWN = (
    "A copy goes to jsonl:FOLDER, parquet:FOLDER, sqlite:///FILE, duckdb:///FILE or "
    "postgresql://USER@HOST/DATABASE."
)
_FOLDERS = ("jsonl", "parquet")
_FILES = ("sqlite", "duckdb")
_POSTGRES = ("postgresql", "postgres")
_SCHEMA = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}", re.ASCII)
_HISTORY = "history"
DEFAULT_SCHEMA = "qonto"


@dataclass(frozen=True, slots=True)
class FilePlace:
    """A file or folder."""

    kind: str
    path: Path
    history: bool = False

    def __str__(self) -> str:
        return f"{self.kind}:{self.path}"


@dataclass(frozen=True, slots=True)
class DatabasePlace:
    """A PostgreSQL database, and the schema that tables are in; the URL may hold a password."""

    url: str = field(repr=False)
    schema: str
    history: bool = False

    def __str__(self) -> str:
        return f"postgresql, schema {self.schema}"


def place_of(to: str) -> FilePlace | DatabasePlace:
    """Read where a copy goes. Raises Invalid, in words without what was given."""
    kind, colon, rest = to.partition(":")
    kind = kind.lower()
    if kind in _FOLDERS and colon:
        return FilePlace(kind, _path(rest.removeprefix("//")))
    if kind in _FILES and colon:
        if not rest.startswith("///"):
            raise _unfit(f"After {kind}: there are three slashes and the path of a file.")
        path, _, query = rest.removeprefix("///").partition("?")
        options = _options(query)
        history = _history(options)
        if options:
            raise _unfit(f"After the file's path there is nothing but ?{_HISTORY}=yes.")
        return FilePlace(kind, _path(path), history)
    if kind in _POSTGRES and rest.startswith("//"):
        return _database(to)
    raise _unfit(f"There is no such destination. {_KNOWN}")


def _database(to: str) -> DatabasePlace:
    try:
        parts = urlsplit(to)
        port = parts.port
    except ValueError:
        raise _unfit("The destination isn't a URL of PostgreSQL.") from None
    if parts.fragment or port == 0:
        raise _unfit(
            "The destination isn't a URL of PostgreSQL. In a password, # / ? and @ are written as "
            "%23 %2F %3F and %40."
        )
    options = _options(parts.query)
    history = _history(options)
    schema = options.pop("schema", DEFAULT_SCHEMA)
    if not _SCHEMA.fullmatch(schema):
        raise _unfit("A schema has letters, digits and underscores, and begins with no digit.")
    end = f"?{urlencode(options)}" if options else ""
    return DatabasePlace(f"postgresql://{parts.netloc}{parts.path}{end}", schema, history)


def _options(query: str) -> dict[str, str]:
    options = parse_qsl(query, keep_blank_values=True)
    if len(dict(options)) < len(options):
        raise _unfit("An option of the destination is there twice.")
    return dict(options)


def _history(options: dict[str, str]) -> bool:
    """Take out whether each version is kept."""
    chosen = options.pop(_HISTORY, "no")
    if chosen not in {"yes", "no"}:
        raise _unfit(f"{_HISTORY} is yes or no.")
    return chosen == "yes"


def _path(text: str) -> Path:
    if not text or "\0" in text:
        raise _unfit(f"The destination lacks a path. {_KNOWN}")
    return Path(text)


def _unfit(message: str) -> Invalid:
    return Invalid.one("to", "DESTINATION_UNKNOWN", message)
