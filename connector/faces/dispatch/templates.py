"""Templates over HTTP: stored, looked at, tried out."""

from typing import Annotated, Any

import msgspec
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import BriefMeta, Envelope
from connector.api.meaning import Moment, meaning
from connector.api.operation import Permission, operation
from connector.api.parameters import path_parameter
from connector.api.parsing import read_exact_body
from connector.dispatching.documents import read_document
from connector.dispatching.templates import TemplateRequest, Templates
from connector.writing.requests.base import Writable
from oauth.admitted import tenant_of
from oauth.answering import answer_vendor
from storage.clock import iso_millis
from storage.errors import NotFound
from storage.repositories.templates import StoredTemplate

_PATH = "/api/templates/{templateId}"
_ONE = (path_parameter("templateId", "The template's number."),)


class TemplateEntry(msgspec.Struct, frozen=True, rename="camel"):
    __doc__ = "A stored template, without what it says."

    id: Annotated[int, meaning("Its number, for `template.id`.")]
    name: Annotated[str, meaning("To tell templates apart.")]
    document_type: Annotated[str, meaning("What it makes.")]
    created_date: Annotated[Moment, meaning("When it was stored.")]
    updated_date: Annotated[Moment, meaning("When it was changed last.")]

    @classmethod
    def of(cls, one: StoredTemplate) -> "TemplateEntry":
        """Return a template as lists show it."""
        return cls(
            one.number,
            one.name,
            one.document_type,
            iso_millis(one.created_at),
            iso_millis(one.updated_at),
        )


class WholeTemplate(TemplateEntry, frozen=True, rename="camel"):
    __doc__ = "A stored template."

    content: Annotated[
        msgspec.Raw,
        msgspec.Meta(extra_json_schema={"type": "object"}),
        meaning("The document, with templates as its texts."),
    ]


class TemplateList(msgspec.Struct, frozen=True, rename="camel"):
    __doc__ = "Your templates."

    templates: Annotated[tuple[TemplateEntry, ...], meaning("Your templates, oldest first.")]


class DeletedTemplate(msgspec.Struct, frozen=True, rename="camel"):
    __doc__ = "A template that is gone."

    id: Annotated[int, meaning("Its number, which no other template gets.")]


class PreviewRequest(Writable):
    __doc__ = "What to try a template with."

    data: dict[str, Any] = Field(default_factory=dict[str, Any], description="The data.")


class TemplatePreview(msgspec.Struct, frozen=True, rename="camel"):
    __doc__ = "What a template makes of data. Nobody is called for it."

    document: Annotated[dict[str, Any], meaning("The document, as the unified API takes it.")]


@operation(
    "GET",
    "/api/templates",
    "List your templates",
    name="listTemplates",
    keys="user",
    permission=Permission.READ,
    response=Envelope[TemplateList, BriefMeta],
    tag="dispatch",
)
async def list_templates(templates: Templates, request: Request) -> Response:
    """Return the vendor's templates, without what they say."""
    found = await templates.list(tenant_of(request).id)
    return answer_vendor(request, TemplateList(tuple(map(TemplateEntry.of, found))))


@operation(
    "POST",
    "/api/templates",
    "Store a template",
    name="createTemplate",
    keys="user",
    permission=Permission.WRITE,
    request=TemplateRequest,
    response=Envelope[WholeTemplate, BriefMeta],
    status=201,
    tag="dispatch",
)
async def create_template(templates: Templates, request: Request) -> Response:
    """Store a template that was found good."""
    wanted = await read_exact_body(TemplateRequest, request)
    return _shown(request, await templates.create(tenant_of(request).id, wanted), 201)


@operation(
    "GET",
    _PATH,
    "Get a template",
    name="getTemplate",
    keys="user",
    permission=Permission.READ,
    parameters=_ONE,
    response=Envelope[WholeTemplate, BriefMeta],
    tag="dispatch",
)
async def get_template(templates: Templates, request: Request) -> Response:
    """Return one of the vendor's templates."""
    return _shown(request, await templates.get(tenant_of(request).id, _number(request)))


@operation(
    "PUT",
    _PATH,
    "Replace a template",
    name="replaceTemplate",
    keys="user",
    permission=Permission.WRITE,
    parameters=_ONE,
    request=TemplateRequest,
    response=Envelope[WholeTemplate, BriefMeta],
    tag="dispatch",
)
async def replace_template(templates: Templates, request: Request) -> Response:
    """Store a template in the place of what it was."""
    number = _number(request)
    wanted = await read_exact_body(TemplateRequest, request)
    return _shown(request, await templates.replace(tenant_of(request).id, number, wanted))


@operation(
    "DELETE",
    _PATH,
    "Delete a template",
    name="deleteTemplate",
    keys="user",
    permission=Permission.WRITE,
    parameters=_ONE,
    response=Envelope[DeletedTemplate, BriefMeta],
    tag="dispatch",
)
async def delete_template(templates: Templates, request: Request) -> Response:
    """Delete a template."""
    number = _number(request)
    await templates.remove(tenant_of(request).id, number)
    return answer_vendor(request, DeletedTemplate(number))


@operation(
    "POST",
    f"{_PATH}/preview",
    "Try a template out",
    name="previewTemplate",
    keys="user",
    permission=Permission.WRITE,
    parameters=_ONE,
    request=PreviewRequest,
    response=Envelope[TemplatePreview, BriefMeta],
    description=(
        "Renders it and checks the fields, without calling anybody; `POST /api/invoicing/validate` "
        "checks it at the provider as well."
    ),
    tag="dispatch",
)
async def preview_template(templates: Templates, request: Request) -> Response:
    """Return what a template makes of data."""
    wanted = await read_exact_body(PreviewRequest, request)
    template = await templates.get(tenant_of(request).id, _number(request))
    document = await templates.render(template, wanted.data)
    read = read_document(template.document_type, document)
    return answer_vendor(request, TemplatePreview(document), warnings=read.warnings)


def _number(request: Request) -> int:
    text = request.path_params["templateId"]
    if not text.isdecimal() or not text.isascii() or len(text) > 9:
        raise NotFound("You have no such template; templates are numbers.")
    return int(text)


def _shown(request: Request, one: StoredTemplate, status: int = 200) -> Response:
    entry = msgspec.structs.asdict(TemplateEntry.of(one))
    whole = WholeTemplate(**entry, content=msgspec.Raw(one.content.encode()))
    return answer_vendor(request, whole, status=status)


TEMPLATE_OPERATIONS = (
    list_templates,
    create_template,
    get_template,
    replace_template,
    delete_template,
    preview_template,
)
