"""Lists, single records and their PDFs."""

from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response

from connector.api.operation import Handler, Operation
from connector.errors import DocumentUnreadable
from connector.faces.backoffice.answers import succeeded
from connector.faces.backoffice.office import PREFIX, BackOffice, Shelf
from connector.faces.rest.answers import place_of
from connector.faces.rest.file_answers import FileAnswer
from connector.faces.rest.naming import plural, singular
from connector.faces.rest.offered import files_of
from connector.faces.rest.parameters import read_bare, read_list, read_single
from connector.resources.resource import RecordFile
from oauth.admitted import account_of

PDF = "application/pdf"


def reading_operations(shelf: Shelf) -> Iterator[Operation[BackOffice]]:
    """Declare the list of a kind of record, the single read, and the PDF where there is one."""
    single = f"{{{shelf.resource.id_name}}}"
    yield _get(shelf, "", f"List {shelf.many}", f"list{plural(shelf.many)}", _lists(shelf))
    yield _get(shelf, f"/{single}", f"Read {shelf.one}", f"get{singular(shelf.many)}", _gets(shelf))
    if shelf.resource.file is not None:
        summary, name = f"Download {shelf.one}", f"download{singular(shelf.many)}"
        serve = _downloads(shelf.resource.id_name, shelf.resource.file)
        yield _get(shelf, f"/{single}/pdf", summary, name, serve)


def _get(
    shelf: Shelf, below: str, summary: str, name: str, serve: Handler[BackOffice]
) -> Operation[BackOffice]:
    return Operation(
        method="GET",
        path=f"{PREFIX}/{shelf.path}{below}",
        summary=summary,
        name=f"{name}OfCompany",
        handler=serve,
        permission=shelf.resource.permission,
        tag="back office",
        is_described=False,
    )


def _lists(shelf: Shelf) -> Handler[BackOffice]:
    resource = shelf.resource

    async def serve(office: BackOffice, request: Request) -> Response:
        asked = read_list(request, filters=resource.filters, orders=resource.orders)
        page = await office.reading.list(account_of(request), resource.chosen, asked.query)
        place, warnings = place_of(page)
        found = {shelf.many: page.items, "pagination": place}
        return succeeded(found, (*asked.warnings, *warnings))

    return serve


def _gets(shelf: Shelf) -> Handler[BackOffice]:
    async def serve(office: BackOffice, request: Request) -> Response:
        asked = read_single(request)
        wanted = request.path_params[shelf.resource.id_name]
        found = await office.reading.get(account_of(request), shelf.resource.chosen, wanted)
        return succeeded({shelf.one: found.item}, (*asked.warnings, *found.warnings))

    return serve


def _downloads(id_name: str, file: RecordFile) -> Handler[BackOffice]:
    async def serve(office: BackOffice, request: Request) -> Response:
        read_bare(request)
        files, account = files_of(office.registry, request), account_of(request)
        opened = await files.open_document(account.id, file.of, request.path_params[id_name])
        if opened.content_type != PDF:
            await opened.close()
            raise DocumentUnreadable(f"Its file is no PDF, but {opened.content_type}.")
        return FileAnswer(opened, PDF)

    return serve
