"""The page of errors, from the error classes."""

import json
from http import HTTPStatus
from itertools import groupby

from connector.api.errors import error_response
from connector.api.openapi_errors import FAILURES, error_codes
from storage.errors import FieldError, Invalid
from tests.reference import code, page, table

_INTRODUCTION = """
Every failure has the same body. Branch on `errors.code`; `message` is for people. Quote
`requestId`, which is also in the header `X-Request-Id`, when you ask the operator.

An answer with the header `Retry-After` is worth repeating after so many seconds. 401 is answered
only when somebody must act: another key, or the customer links again.
"""
_REPEAT = "; always worth repeating"
_FIELDS = """
`validationErrors` names each parameter or field that is wrong. `downstreamErrors` is what Qonto
said, in its own words, with a `hint` where one is known; `traceId` is the name under which
Qonto's support finds the request. `subscriptionId` comes with the refusal of a second identical
subscription.
"""


def errors() -> str:
    """Return the page."""
    parts: list[str] = []
    for status, codes in groupby(error_codes(), key=lambda one: one.status):
        rows = [(code(one.code), one.meaning + _REPEAT * one.retryable) for one in codes]
        parts += [
            f"## {status} {HTTPStatus(status).phrase}",
            f"{FAILURES[status][1]}.",
            table(("Code", "Meaning"), rows),
        ]
    return page("Errors", _INTRODUCTION, _example(), _FIELDS, *parts)


def _example() -> str:
    wrong = FieldError("limit", "NOT_ALLOWED", "limit is one of 5, 10, 20, 50, 100.")
    refusal = Invalid("Some query parameters are wrong; each is listed with its reason.", [wrong])
    body = json.loads(bytes(error_response(refusal, "req_01M7WYZ29AXTAGQM32HZ57QF87").body))
    return f"```json\n{json.dumps(body, indent=2)}\n```"
