"""GET /accounting/files and what lies below: what is known of files, and what may be uploaded."""

from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connector.ports import Page, Query
from connector.routes.answers import answer, answer_found, answer_page
from connector.routes.offered import files_of
from connector.routes.operation import Operation, Parameter
from connector.routes.parameters import (
    LIST_PARAMETERS,
    RAW_DATA,
    read_bare,
    read_list,
    read_single,
    text,
)
from connector.unified.document import DocumentExtensions, DocumentType, File
from connector.unified.envelope import Envelope
from storage.errors import Invalid

_PATH = "/accounting/files"
_TRANSACTION = text("transactionId", "Whose files: the id of a bank transaction.")


async def list_files(request: Request) -> Response:
    """GET /accounting/files: the files of one bank transaction."""
    asked = read_list(request, filters=(_TRANSACTION,))
    transaction_id = asked.query.value_of(_TRANSACTION.name)
    if transaction_id is None:
        raise Invalid.one(
            _TRANSACTION.name,
            "REQUIRED",
            "The target system can't list all files: name a bank transaction. Ids of other files "
            "are fileId of invoices and bills, and files of booking proposals and transactions.",
        )
    account = request.state.account
    page = await files_of(request).of_transaction(account.id, transaction_id)
    return answer_page(request, asked, _part(page, asked.query))


async def get_file(request: Request) -> Response:
    """GET /accounting/files/{fileId}: what is known about a file."""
    asked = read_single(request)
    found = await files_of(request).get(request.state.account.id, request.path_params["fileId"])
    return answer_found(request, asked, found)


async def list_types(request: Request) -> Response:
    """GET /accounting/files/documentTypes: what an uploaded file may be."""
    warnings = read_bare(request)
    return answer(request, files_of(request).document_types, warnings=warnings)


async def list_extensions(request: Request) -> Response:
    """GET /accounting/files/documentExtensions: what a file's name may end with."""
    warnings = read_bare(request)
    return answer(request, DocumentExtensions(files_of(request).extensions), warnings=warnings)


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
FILE_ROUTES = [
    Route(_PATH, list_files, methods=["GET"]),
    Route(f"{_PATH}/documentTypes", list_types, methods=["GET"]),
    Route(f"{_PATH}/documentExtensions", list_extensions, methods=["GET"]),
    Route(f"{_PATH}/{{fileId}}", get_file, methods=["GET"]),
]

FILE_OPERATIONS = (
    Operation(
        _PATH,
        "GET",
        "List the files of a bank transaction",
        parameters=(
            Parameter(
                _TRANSACTION.name,
                "query",
                _TRANSACTION.parameter.schema,
                _TRANSACTION.parameter.description,
                required=True,
            ),
            *LIST_PARAMETERS,
        ),
        response=Envelope[tuple[File, ...]],
        description=(
            "The target system can't list all files. Ids of others are fileId of invoices and "
            "bills, and files of booking proposals and transactions."
        ),
    ),
    Operation(
        f"{_PATH}/documentTypes",
        "GET",
        "List what an uploaded file may be",
        response=Envelope[tuple[DocumentType, ...]],
    ),
    Operation(
        f"{_PATH}/documentExtensions",
        "GET",
        "List what an uploaded file's name may end with",
        response=Envelope[DocumentExtensions],
    ),
    Operation(
        f"{_PATH}/{{fileId}}",
        "GET",
        "Read what is known about a file",
        parameters=(
            Parameter("fileId", "path", {"type": "string"}, "Its id.", required=True),
            RAW_DATA,
        ),
        response=Envelope[File],
        description=(
            "Its content is at /document. Raw data has the target system's own link to the file, "
            "which works for some minutes."
        ),
    ),
)
