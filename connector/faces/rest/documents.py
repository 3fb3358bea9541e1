"""GET .../{id}/document: the file of a record, as base64 in JSON or as its bytes."""

from collections.abc import Iterable, Iterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import Envelope, Meta
from connector.api.operation import Handler, Operation, Permission
from connector.api.parameters import path_parameter
from connector.downloads import DocumentOf
from connector.faces.rest.file_answers import answer_file
from connector.faces.rest.naming import singular
from connector.faces.rest.negotiation import BYTES
from connector.faces.rest.offered import files_of
from connector.faces.rest.parameters import read_bare
from connector.registry import Registry
from connector.resources.resource import Resource
from connector.unified.document import Document
from oauth.admitted import account_of

_DESCRIPTION = (
    "JSON with the content in base64, up to 25 MB. Where Accept prefers the file's own media type "
    "or application/octet-stream, its bytes as they arrive, up to 50 MB. 404 DOCUMENT_GONE and "
    "DOCUMENT_UNREADABLE are final: asking again won't help. "
)
_MADE_LATER = (
    "404 DOCUMENT_NOT_READY while the file is being made, with Retry-After; without it for a "
    "draft, which has none. "
)


def document_operations(resources: Iterable[Resource[Any]]) -> Iterator[Operation[Registry]]:
    """Declare the download of each resource's file, and of a file by its own id."""
    for resource in resources:
        if (file := resource.file) is not None:
            yield _download(
                resource.name,
                resource.id_name,
                file.one,
                file.of,
                resource.permission,
                made_later=file.made_later,
            )
    yield _download("files", "fileId", "a file", None, Permission.READ, made_later=False)


def _download(
    name: str,
    id_name: str,
    one: str,
    of: DocumentOf | None,
    permission: Permission,
    *,
    made_later: bool,
) -> Operation[Registry]:
    return Operation(
        method="GET",
        path=f"/accounting/{name}/{{{id_name}}}/document",
        summary=f"Download {one}",
        name=f"download{singular(name)}",
        handler=_downloads(id_name, of),
        permission=permission,
        offers=(name, "read"),
        parameters=(path_parameter(id_name, "Its id."),),
        response=Envelope[Document, Meta],
        media_type=BYTES,
        description=_DESCRIPTION + (_MADE_LATER if made_later else ""),
        tag="accounting",
    )


def _downloads(id_name: str, of: DocumentOf | None) -> Handler[Registry]:
    async def serve(registry: Registry, request: Request) -> Response:
        warnings = read_bare(request)
        files, account = files_of(registry, request), account_of(request)
        wanted = request.path_params[id_name]
        if of is None:
            opened = await files.open(account.id, wanted)
        else:
            opened = await files.open_document(account.id, of, wanted)
        return await answer_file(request, opened, warnings)

    return serve
