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
from connector.errors import WriteInProgress, WriteOutcomeUnknown
from connector.faces.rest.naming import singular
from connector.faces.rest.parameters import RAW_DATA
from connector.ports import PreparedWrite, WriteRequest
from connector.resources.resource import Lines, RecordBatch, RecordWrite, Written
from connector.unified.batch import BatchResult
from connector.writing.batches import EntryOutcome, check_all, perform_all
from connector.writing.writing import Performed, Writing
from oauth.admitted import account_of
from storage.errors import FieldError, Invalid

KEY_HEADER = "Idempotency-Key"
LINE_ID = "lineItemId"
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
CONFIRM = Parameter(
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


WRITE_PARAMETERS = (_KEY_PARAMETER, _DRY_RUN, CONFIRM)
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
                for name in (resource.name, *(other.name for other in resource.also_at)):
                    yield _operation(resource, name, write, method)
        for batch in resource.batches:
            for name, path in batch.paths.items():
                yield _batch(resource, batch, name, path)


def _operation(resource: Written, of: str, write: RecordWrite, method: str) -> Operation[Writing]:
    path, ids = _place(resource, of, write)
    is_new = write.action == "create"
    verb = "replace" if method == "PUT" else _camel(write.action)
    action = write.action if write.action in _METHODS else "update"
    lines = _lines_of(resource, write)
    model = resource.model if lines is None else lines.model
    response: Any = DeletedRecord if write.action == "delete" else model
    return Operation(
        method=method,
        path=path,
        summary=write.summary,
        name=f"{verb}{singular(of)}{'' if lines is None else 'Line'}",
        handler=_writes(resource, write),
        permission=write.permission,
        offers=(resource.name if lines is None else lines.name, action),
        parameters=(
            *ids,
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


def _batch(resource: Written, batch: RecordBatch, name: str, path: str) -> Operation[Writing]:
    response: Any = batch.response
    return Operation(
        method="POST",
        path=path,
        summary=batch.summary,
        name=name,
        handler=_writes_all(batch),
        permission=batch.permission,
        offers=(resource.name, "create"),
        parameters=(_KEY_PARAMETER, _DRY_RUN, CONFIRM),
        request=batch.request,
        response=Envelope[response, Meta],
        dry_run=Envelope[DryRun, Meta],
        status=HTTPStatus.CREATED,
        description=batch.description,
        errors=(HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT),
        tag="accounting",
    )


def _place(resource: Written, of: str, write: RecordWrite) -> tuple[str, tuple[Parameter, ...]]:
    """Return the path of a write, and the ids in it."""
    path = f"/accounting/{of}"
    ids: list[Parameter] = []
    if write.of_line:
        path = f"{path}/{{{resource.id_name}}}/lineItems"
        ids.append(path_parameter(resource.id_name, "The document's id."))
    if write.action != "create":
        own = LINE_ID if write.of_line else resource.id_name
        path = f"{path}/{{{own}}}"
        ids.append(path_parameter(own, "The line's id." if write.of_line else "Its id."))
    if write.action not in _METHODS:
        path = f"{path}/{write.action}"
    return write.path or path, tuple(ids)


def _lines_of(resource: Written, write: RecordWrite) -> Lines[Any] | None:
    if not write.of_line:
        return None
    assert resource.lines is not None, f"{resource.name} has no lines to write"
    return resource.lines


def _camel(action: str) -> str:
    first, *rest = action.split("-")
    return first + "".join(part.capitalize() for part in rest)


def _writes(resource: Written, write: RecordWrite) -> Handler[Writing]:
    lines = _lines_of(resource, write)
    name = f"{resource.name if lines is None else lines.name}.{write.action}"
    status = HTTPStatus.CREATED if write.action == "create" else HTTPStatus.OK

    async def serve(writing: Writing, request: Request) -> Response:
        own = tuple(one.name for one in write.options)
        options = WriteOptions.read(request, own)
        async with bringing(request, write.request, write.upload) as (body, files):
            warnings = (*unused_in(request), *options.warnings)
            asked = WriteRequest(
                body=body,
                record_id=request.path_params.get(resource.id_name),
                line_id=request.path_params.get(LINE_ID),
                confirmed=options.confirmed,
                options=options.own,
                files=files,
            )
            account = account_of(request)
            if options.dry_run:
                checked = await writing.check(account, name, asked)
                return dry_run_answer(request, checked, warnings)
            done = await writing.perform(account, name, asked, options.key)
        data = _shown(done, lines, asked.line_id, write.action)
        return answer_write(request, data, done, warnings, status, raw=options.raw)

    return serve


def _writes_all(batch: RecordBatch) -> Handler[Writing]:
    async def serve(writing: Writing, request: Request) -> Response:
        options = WriteOptions.read(request)
        body: Any = await read_exact_body(batch.request, request)
        asked = [WriteRequest(one, confirmed=options.confirmed) for one in body.entries]
        account = account_of(request)
        checked = await check_all(writing, account, batch.each, asked)
        warnings = (*unused_in(request), *options.warnings, *checked)
        if options.dry_run:
            found = DryRun(is_valid=True, expected={"entries": len(asked)})
            return answer(request, found, warnings=warnings)
        outcomes = await perform_all(writing, account, batch.each, asked, options.key)
        made = tuple(one.done for one in outcomes if one.done is not None)
        items = tuple(one.found.item for one in made if one.found is not None)
        data = batch.answer(items, tuple(_result(one) for one in outcomes))
        response = answer(request, data, warnings=warnings, status=HTTPStatus.CREATED)
        if len(made) == len(asked) and all(one.is_replayed for one in made):
            response.headers[REPLAYED_HEADER] = "true"
        return response

    return serve


def _result(outcome: EntryOutcome) -> BatchResult:
    done, error = outcome.done, outcome.error
    if done is not None:
        return BatchResult("CREATED", done.record_id, None, None)
    if error is None:
        return BatchResult("NOT_TRIED", None, None, None)
    lost = isinstance(error, WriteOutcomeUnknown | WriteInProgress)
    return BatchResult("UNKNOWN" if lost else "REFUSED", None, error.code, error.message)


def _shown(
    done: Performed[Any], lines: Lines[Any] | None, line_id: str | None, action: str
) -> object:
    """Return what is answered: the record or the line as it is now, or what is gone.

    Writers answer the document that a line is on; a new one is its last.
    """
    if action == "delete" or done.found is None:
        return DeletedRecord(line_id or done.record_id or "")
    if lines is None:
        return done.found.item
    there = lines.of(done.found.item)
    id_of = lines.id_of
    chosen = (
        there[-1:] if line_id is None else [one for one in there if id_of and id_of(one) == line_id]
    )
    return next(iter(chosen), None)


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
    request: Request,
    data: object,
    done: Performed[Any],
    warnings: tuple[str, ...],
    status: int,
    *,
    raw: bool,
) -> Response:
    """Return the answer that tells what came of a write."""
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
