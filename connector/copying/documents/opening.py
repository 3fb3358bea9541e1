"""Opens a store of documents by its URL, and imports what that kind needs."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from connector.copying.ports import DocumentStore
from storage.errors import Invalid

_KNOWN = "Documents go to folder:PATH or s3://BUCKET/PREFIX?endpoint=https://HOST&region=REGION."


def open_documents(to: str) -> DocumentStore:
    """Return the store that `to` names; nothing is read or written yet.

    Raises Invalid when there is no such kind, or something has to be installed for it.
    """
    kind, _, rest = to.partition(":")
    match kind.lower():
        case "folder":
            return _folder(rest.removeprefix("//"))
        case "s3" if rest.startswith("//"):
            return _bucket(to)
        case _:
            raise _unfit(f"There is no such store. {_KNOWN}")


def _folder(path: str) -> DocumentStore:
    from connector.copying.documents.folder import FolderDocuments

    if not path or "\0" in path:
        raise _unfit(f"The store lacks a path. {_KNOWN}")
    if not Path(path).absolute().parent.is_dir():
        raise _unfit(f"There is no folder {Path(path).parent} for the documents.")
    return FolderDocuments(Path(path))


def _bucket(to: str) -> DocumentStore:
    try:
        parts = urlsplit(to)
        options = parse_qs(parts.query, strict_parsing=bool(parts.query))
        endpoints = options.pop("endpoint", [])
        regions = options.pop("region", [])
        is_web = all(urlsplit(one).scheme in ("http", "https") for one in endpoints)
    except ValueError:
        raise _unfit(f"The store isn't a URL of a bucket. {_KNOWN}") from None
    if not parts.netloc or "@" in to or ":" in parts.netloc or parts.fragment or options:
        raise _unfit(
            f"The store isn't a URL of a bucket. {_KNOWN} Credentials are AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY in the environment."
        )
    if not is_web or len(endpoints) > 1 or len(regions) > 1:
        raise _unfit(f"An endpoint is one http or https URL. {_KNOWN}")
    try:
        from connector.copying.documents.s3 import S3Documents
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "obstore":
            raise
        raise Invalid.one(
            "documents",
            "EXTRA_MISSING",
            "A bucket needs more than is installed: pip install 'qonto-connector[s3]'.",
        ) from None
    return S3Documents(
        parts.netloc,
        parts.path.strip("/"),
        endpoint=next(iter(endpoints), None),
        region=next(iter(regions), None),
    )


def _unfit(message: str) -> Invalid:
    return Invalid.one("documents", "STORE_UNKNOWN", message)
