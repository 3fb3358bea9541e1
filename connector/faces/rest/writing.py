"""The operations that make, change and delete records, from what resources say."""

import re
from collections.abc import AsyncGenerator, Collection, Iterable, Iterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import Envelope, Meta, answer
from connector.api.meaning import meaning
from connector.api.operation import Handler, Operation, Parameter
from connector.api.parameters import path_parameter
from connector.api.parsing import given_once, read_exact_body, read_fields, unused_in
from connector.api.spooling import UploadedFile
from connector.api.uploads import UploadRule, is_multipart, read_form
from connector.faces.rest.naming import singular
from connector.faces.rest.parameters import RAW_DATA
from connector.ports import PreparedWrite, WriteRequest
from connector.resources.resource import RecordWrite, Written
from connector.writing.writing import Performed, Writing
from oauth.admitted import account_of
from storage.errors import FieldError, Invalid

KEY_HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotent-Replayed"
_KEY = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)
_RULE = re.compile(r"[A-Z][A-Z0-9_]{0,60}", re.ASCII)
_FLAGS = {"true": True, "1": True, "false": False, "0": False, "": False}
_METHODS = {"create": ("POST",), "update": ("PATCH",), "delete": ("DELETE",)}

_KEY_PARAMETER = Parameter(
    KEY_HEADER,
    "header",
    {"type": "string", "minLength": 1, "maxLength": 255},
    "A name of your own for this request, a UUID say. Sent again with the same one within 24 "
    "hours, the request is done once and answered as it was then.",
)
_DRY_RUN = Parameter(
    "dryRun",
    "query",
    {"type": "boolean", "default": False},
    "Only check the request: answers 200 with what would come of it, or what is wrong.",
)
_CONFIRM = Parameter(
    "confirm",
    "query",
    {"type": "string"},
    "The codes of doubts that are meant all the same, separated by commas.",
)


class DryRun(msgspec.Struct, frozen=True, rename="camel", gc=False):
    __doc__ = "What would come of a request that is only checked."

    is_valid: Annotated[bool, meaning("Always true: what is wrong is answered with 400.")]
    expected: Annotated[
        dict[str, Any], meaning("What the record would say, as far as that is known before.")
    ]


WRITE_PARAMETERS = (_KEY_PARAMETER, _DRY_RUN, _CONFIRM)
"""What every write takes."""

CHECKED: Any = Envelope[DryRun, Meta]
"""The model of what a write is answered that is only to be checked."""


class DeletedRecord(msgspec.Struct, frozen=True, rename="camel", gc=False):
    __doc__ = "What was deleted."

    id: Annotated[str, meaning("The id of the record that is gone.")]


def writing_operations(resources: Iterable[Written]) -> Iterator[Operation[Writing]]:
    """Declare what can be done to each resource."""
    for resource in resources:
        for write in resource.writes:
            for method in write.methods or _METHODS.get(write.action, ("POST",)):
                yield _operation(resource, write, method)


def _operation(resource: Written, write: RecordWrite, method: str) -> Operation[Writing]:
    base = f"/accounting/{resource.name}"
    record = path_parameter(resource.id_name, "Its id.")
    is_new = write.action == "create"
    path = base if is_new else f"{base}/{{{resource.id_name}}}"
    if write.action not in _METHODS:
        path = f"{path}/{write.action}"
    path = write.path or path
    verb = "replace" if method == "PUT" else _camel(write.action)
    action = write.action if write.action in _METHODS else "update"
    response: Any = DeletedRecord if write.action == "delete" else resource.model
    return Operation(
        method=method,
        path=path,
        summary=write.summary,
        name=f"{verb}{singular(resource.name)}",
        handler=_writes(resource, write),
        permission=write.permission,
        offers=(resource.name, action),
        parameters=(
            *(() if is_new else (record,)),
            *write.options,
            *WRITE_PARAMETERS,
            *(() if write.action == "delete" else (RAW_DATA,)),
        ),
        request=write.request,
        upload=write.upload,
        response=Envelope[response, Meta],
        dry_run=CHECKED,
        status=HTTPStatus.CREATED if is_new else HTTPStatus.OK,
        description=write.description,
        errors=(HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT),
        tag="accounting",
    )


def _camel(action: str) -> str:
    first, *rest = action.split("-")
    return first + "".join(part.capitalize() for part in rest)


def _writes(resource: Written, write: RecordWrite) -> Handler[Writing]:
    name = f"{resource.name}.{write.action}"
    status = HTTPStatus.CREATED if write.action == "create" else HTTPStatus.OK

    async def serve(writing: Writing, request: Request) -> Response:
        own = tuple(one.name for one in write.options)
        options = WriteOptions.read(request, own)
        async with bringing(request, write.request, write.upload) as (body, files):
            warnings = (*unused_in(request), *options.warnings)
            asked = WriteRequest(
                body=body,
                record_id=request.path_params.get(resource.id_name),
                confirmed=options.confirmed,
                options=options.own,
                files=files,
            )
            account = account_of(request)
            if options.dry_run:
                checked = await writing.check(account, name, asked)
                return dry_run_answer(request, checked, warnings)
            done = await writing.perform(account, name, asked, options.key)
        return answer_write(request, done, warnings, status, raw=options.raw)

    return serve


@asynccontextmanager
async def bringing(
    request: Request, model: type[BaseModel] | None, rule: UploadRule | None
) -> AsyncGenerator[tuple[Any, tuple[UploadedFile, ...]]]:
    """Read what a request brings: its checked body, and files that are there while this lasts.

    Raises Invalid.
    """
    is_form = rule is not None and (
        not rule.also_json or is_multipart(request.headers.get("Content-Type", ""))
    )
    if rule is None or not is_form:
        yield (None if model is None else await read_exact_body(model, request)), ()
        return
    async with read_form(request, rule) as form:
        body = None
        if model is not None:
            body = read_fields(model, form.fields, request)
        if not form.files:
            raise Invalid.one(rule.part, "REQUIRED", f"The form has a file named {rule.part}.")
        yield body, form.files


def dry_run_answer(request: Request, checked: PreparedWrite, warnings: tuple[str, ...]) -> Response:
    """Return the answer that tells what would come of a write."""
    found = DryRun(is_valid=True, expected=dict(checked.expected))
    return answer(request, found, warnings=(*warnings, *checked.warnings))


def answer_write(
    request: Request, done: Performed[Any], warnings: tuple[str, ...], status: int, *, raw: bool
) -> Response:
    """Return the answer that tells what came of a write."""
    data = DeletedRecord(done.record_id or "") if done.found is None else done.found.item
    response = answer(
        request,
        data,
        warnings=(*warnings, *done.warnings),
        raw=done.found.raw if raw and done.found is not None else None,
        status=status,
    )
    if done.is_replayed:
        response.headers[REPLAYED_HEADER] = "true"
    return response


class WriteOptions(msgspec.Struct, frozen=True):
    """How a write is to be done."""

    key: str | None
    dry_run: bool
    raw: bool
    confirmed: frozenset[str]
    warnings: tuple[str, ...]
    own: dict[str, str]

    @classmethod
    def read(cls, request: Request, own: Collection[str] = ()) -> "WriteOptions":
        """Read header and query; `own` names the call's own parameters.

        Raises Invalid, naming everything that is wrong.
        """
        fields: list[FieldError] = []
        key = request.headers.get(KEY_HEADER)
        if key is not None and not _KEY.fullmatch(key):
            fields.append(
                FieldError(KEY_HEADER, "NOT_ALLOWED", "A key has 1 to 255 visible ASCII signs.")
            )
        given = given_once(request.query_params)
        flags = {name: _FLAGS.get(given.get(name, "").lower()) for name in ("dryRun", "rawData")}
        for name, flag in flags.items():
            if flag is None:
                fields.append(FieldError(name, "NOT_A_BOOLEAN", f"{name} is true or false."))
        rules = frozenset(one.strip() for one in given.get("confirm", "").split(",") if one.strip())
        if not all(_RULE.fullmatch(rule) for rule in rules):
            fields.append(FieldError("confirm", "NOT_ALLOWED", "confirm is a list of codes."))
        if fields:
            raise Invalid("Some options are wrong; each is listed with its reason.", fields)
        unused = given.keys() - {"dryRun", "rawData", "confirm", *own}
        return cls(
            key,
            bool(flags["dryRun"]),
            bool(flags["rawData"]),
            rules,
            tuple(
                f"{name[:40]!r} is not a parameter of this call; it was not used."
                for name in sorted(unused)
            ),
            {name: given[name] for name in own if name in given},
        )
