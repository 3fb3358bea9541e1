"""Records made, changed and deleted: drafts of invoices, quotes, and credit notes if that is on."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from connector.api.operation import Handler, Operation
from connector.api.parsing import read_exact_body, unused_in
from connector.errors import NotEnabled
from connector.faces.backoffice.answers import succeeded
from connector.faces.backoffice.office import (
    PREFIX,
    SHELVES,
    BackOffice,
    Shelf,
    WriteAction,
    is_offered,
)
from connector.faces.rest.naming import singular
from connector.faces.rest.writing import REPLAYED_HEADER, DryRun, WriteOptions
from connector.ports import WriteRequest
from connector.resources.offers import OFFERS
from connector.writing.confirming import NOT_ASKED
from connector.writing.performed import Performed
from connector.writing.requests.offer import ServiceOfferRequest
from oauth.admitted import account_of

_METHODS = {"create": "POST", "update": "PATCH", "delete": "DELETE"}


def writing_operations(shelf: Shelf) -> Iterator[Operation[BackOffice]]:
    """Declare what can be done to a kind of record."""
    for action in shelf.actions:
        below = "" if action == "create" else f"/{{{shelf.resource.id_name}}}"
        yield _operation(shelf, action, below, f"{action}{singular(shelf.many)}OfCompany")


def service_quote() -> Operation[BackOffice]:
    """Declare how a quote is made whose lines are about no item."""
    (quotes,) = (shelf for shelf in SHELVES if shelf.resource is OFFERS)
    return _operation(quotes, "create", "/service", "createServiceQuote", ServiceOfferRequest)


def _operation(
    shelf: Shelf, action: WriteAction, below: str, name: str, model: type[BaseModel] | None = None
) -> Operation[BackOffice]:
    write = shelf.write(action)
    model = model or write.request
    return Operation(
        method=_METHODS[action],
        path=f"{PREFIX}/{shelf.path}{below}",
        summary=write.summary,
        name=name,
        handler=_writes(shelf, action, model),
        permission=write.permission,
        request=model,
        status=HTTPStatus.CREATED if action == "create" else HTTPStatus.OK,
        tag="back office",
        is_described=False,
    )


def _writes(
    shelf: Shelf, action: WriteAction, model: type[BaseModel] | None
) -> Handler[BackOffice]:
    resource, is_final = shelf.resource, shelf.write(action).is_irreversible
    name = f"{resource.name}.{action}"
    status = HTTPStatus.CREATED if action == "create" else HTTPStatus.OK

    async def serve(office: BackOffice, request: Request) -> Response:
        if not is_offered(office, shelf, action):
            raise NotEnabled(
                "Making credit notes is off here: the operator turns it on with "
                "CONNECTOR_BACK_OFFICE__CREATE_CREDIT_NOTES=true."
            )
        options = WriteOptions.read(request)
        asked = WriteRequest(
            body=None if model is None else await read_exact_body(model, request),
            record_id=request.path_params.get(resource.id_name),
            confirmed=options.confirmed,
        )
        account, warnings = account_of(request), (*unused_in(request), *options.warnings)
        writing = office.writing
        if options.dry_run:
            checked = await writing.check(account, name, asked)
            token = None
            if is_final:
                token = writing.confirmation(account, name, asked, options.key, checked)
            told = {"dryRun": DryRun.of(checked.expected, token)}
            return succeeded(told, (*warnings, *checked.warnings))
        consent = options.consent(request) if is_final else NOT_ASKED
        done = await writing.perform(account, name, asked, options.key, consent)
        response = succeeded(_shown(shelf, action, done), (*warnings, *done.warnings), status)
        if done.is_replayed:
            response.headers[REPLAYED_HEADER] = "true"
        return response

    return serve


def _shown(shelf: Shelf, action: WriteAction, done: Performed[Any]) -> dict[str, Any]:
    """Return the record as it is now, or the id of what is gone."""
    if action == "delete" or done.found is None:
        return {"id": done.record_id}
    return {shelf.one: done.found.item}
