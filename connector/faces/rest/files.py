"""GET /accounting/files and what lies below: what is known of files, and what may be uploaded."""

from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import Envelope, Meta, answer
from connector.api.operation import Permission, operation
from connector.api.parameters import path_parameter
from connector.faces.rest.answers import answer_found, answer_page
from connector.faces.rest.offered import files_of
from connector.faces.rest.parameters import (
    LIST_PARAMETERS,
    RAW_DATA,
    filter_parameter,
    read_bare,
    read_list,
    read_single,
)
from connector.ports import Page, Query
from connector.registry import Registry
from connector.resources.filters import text
from connector.unified.document import DocumentExtensions, DocumentType, File
from oauth.admitted import account_of
from storage.errors import Invalid

_PATH = "/accounting/files"
_TRANSACTION = text("transactionId", "Whose files: the id of a bank transaction.")


@operation(
    "GET",
    _PATH,
    "List the files of a bank transaction",
    name="listFiles",
    permission=Permission.READ,
    offers=("files", "read"),
    parameters=(filter_parameter(_TRANSACTION, required=True), *LIST_PARAMETERS),
    response=Envelope[tuple[File, ...], Meta],
    description=(
        "The target system can't list all files. Ids of others are fileId of invoices and "
        "bills, and files of booking proposals and transactions."
    ),
    tag="accounting",
)
async def list_files(registry: Registry, request: Request) -> Response:
    """Return the files of one bank transaction."""
    asked = read_list(request, filters=(_TRANSACTION,))
    transaction_id = asked.query.value_of(_TRANSACTION.name)
    if transaction_id is None:
        raise Invalid.one(
            _TRANSACTION.name,
            "REQUIRED",
            "The target system can't list all files: name a bank transaction. Ids of other files "
            "are fileId of invoices and bills, and files of booking proposals and transactions.",
        )
    account = account_of(request)
    page = await files_of(registry, request).of_transaction(account.id, transaction_id)
    return answer_page(request, asked, _part(page, asked.query))


@operation(
    "GET",
    f"{_PATH}/{{fileId}}",
    "Read what is known about a file",
    name="getFile",
    permission=Permission.READ,
    offers=("files", "read"),
    parameters=(path_parameter("fileId", "Its id."), RAW_DATA),
    response=Envelope[File, Meta],
    description=(
        "Its content is at /document. Raw data has the target system's own link to the file, "
        "which works for some minutes."
    ),
    tag="accounting",
)
async def get_file(registry: Registry, request: Request) -> Response:
    """Return what is known about a file."""
    asked = read_single(request)
    found = await files_of(registry, request).get(
        account_of(request).id, request.path_params["fileId"]
    )
    return answer_found(request, asked, found)


@operation(
    "GET",
    f"{_PATH}/documentTypes",
    "List what an uploaded file may be",
    name="listDocumentTypes",
    permission=Permission.READ,
    response=Envelope[tuple[DocumentType, ...], Meta],
    tag="accounting",
)
async def list_types(registry: Registry, request: Request) -> Response:
    """Return what an uploaded file may be."""
    warnings = read_bare(request)
    return answer(request, files_of(registry, request).document_types, warnings=warnings)


@operation(
    "GET",
    f"{_PATH}/documentExtensions",
    "List what an uploaded file's name may end with",
    name="getDocumentExtensions",
    permission=Permission.READ,
    response=Envelope[DocumentExtensions, Meta],
    tag="accounting",
)
async def list_extensions(registry: Registry, request: Request) -> Response:
    """Return what a file's name may end with."""
    warnings = read_bare(request)
    return answer(
        request, DocumentExtensions(files_of(registry, request).extensions), warnings=warnings
    )


def _part(whole: Page[File], query: Query) -> Page[File]:
    """Choose a page from a list that is read whole. A file changes no more once it is there."""
    files = [one for one in whole.items if _since(one, query.modified_since)]
    skip = (query.page - 1) * query.limit
    return Page(
        items=tuple(files[skip : skip + query.limit]),
        warnings=whole.warnings,
        raw=whole.raw if query.raw else None,
        total=len(files),
        page=query.page,
        per_page=query.limit,
        total_pages=-(-len(files) // query.limit),
    )


def _since(file: File, moment: datetime | None) -> bool:
    created = file.created_date
    return moment is None or created is None or datetime.fromisoformat(created) >= moment


# the fixed names come first, or they would be taken for ids
FILE_OPERATIONS = (list_files, list_types, list_extensions, get_file)
