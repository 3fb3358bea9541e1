"""What holds for every call, in words: for people's page and for language models alike.

Words between backticks are code.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with paragraphs and, if any, something to copy."""

    id: str
    title: str
    paragraphs: tuple[str, ...]
    code: str = ""


def sections(api: str) -> tuple[Section, ...]:
    """Return the sections, with examples for the service at this address."""
    return (_authentication(api), _ANSWERS, _LISTS, _REQUESTS, _ERRORS, _WEBHOOKS)


def _authentication(api: str) -> Section:
    return Section(
        "authentication",
        "Authentication",
        (
            "Two headers. `X-API-KEY` says who calls: your key as a vendor, made by the "
            "operator of this service or at `POST /tenants/api-keys`. `X-ACCOUNT-KEY` says "
            "whose books: one key for each customer's linked account. Each call below says "
            "which of them it needs.",
            "An account key comes from a link. Ask for an address, send your customer's "
            "browser there, and exchange the one-time `code` that comes back to your callback "
            "URL within five minutes.",
            "An API key has permissions: `read`, `write`, `payments` and `admin`, which is "
            "for `/auth`, `/tenants` and `/webhooks/tenant`. A bad API key is answered with "
            "403, a bad account key with 401. 401 `ACCOUNT_REAUTH_REQUIRED` says that the "
            "customer must link again.",
            "Calls below `/api` take one of your users in the place of the key: by e-mail address "
            "and password (HTTP Basic, by https alone), or by a token of `POST /api/auth/token`. "
            "Their failures also have `error`, the code in lower case.",
        ),
        f"""\
# 1. the address to send the customer to
curl -sS -H "X-API-KEY: $API_KEY" '{api}/auth/qonto?reference=customer-42'
# 2. your callback URL gets ?code=..., good for five minutes
curl -sS -H "X-API-KEY: $API_KEY" -d '{{"code": "..."}}' {api}/auth/exchange
# 3. read
curl -sS -H "X-API-KEY: $API_KEY" -H "X-ACCOUNT-KEY: $ACCOUNT_KEY" {api}/accounting/invoices""",
    )


_ANSWERS = Section(
    "answers",
    "Answers",
    (
        "Successes come as `{data, meta, rawData, errors}`. `data` is a record or a list, "
        "`errors` is null. `meta.warnings` says what could not be told or was not used, "
        "`meta.requestId` names the call. With `rawData=true`, `rawData` is the target "
        "system's own document, untouched.",
        "Every key of a record is always there; what is not known is null, and lists are "
        "then empty. A value that the contract has no word for is null, with a warning.",
        "Amounts are JSON numbers, exact digit for digit. Rates are percent. Moments are "
        "ISO 8601 in UTC, such as `2026-11-20T09:30:00.000Z`.",
    ),
)

_LISTS = Section(
    "lists",
    "Lists",
    (
        "`page` counts from 1; `limit` is 5, 10, 20, 50 or 100 (50 when left out). "
        "`meta.pagination` has `total`, `perPage`, `currentPage` and `totalPages`; it is "
        "null where the target system does not tell how many there are.",
        "`lastModifiedAt` asks for what changed at a moment or later. Other filters and "
        "orders are listed with each call. A wrong value is refused with 400, never "
        "ignored; a parameter that the call does not know gets a warning.",
    ),
)

_REQUESTS = Section(
    "requests",
    "Requests and retries",
    (
        "Bodies are JSON. Every answer has an `X-Request-Id`; send one of your own to find "
        "a call again in both logs. Quote it when you report something.",
        "429, 503 and 504 may succeed later: wait as many seconds as `Retry-After` says. "
        "All else fails again unless something changes.",
    ),
)

_ERRORS = Section(
    "errors",
    "Errors",
    (
        "Failures come as `{errors, data, meta}`. Branch on `errors.code`; "
        "`errors.message` is for people. `errors.validationErrors` names wrong fields, "
        "`errors.downstreamErrors` holds what the target system said.",
    ),
)

_WEBHOOKS = Section(
    "webhooks",
    "Webhooks",
    (
        "Subscribe at `POST /webhooks`, for one account and one resource. Each event is a "
        "POST to your callback URL: it names what changed, and you read it with the "
        "account key. The same event may come twice, with the same `webhook-id`, and "
        "events may come in any order. Answer 2xx within ten seconds; anything else is "
        "tried again, more and more rarely, but 410 ends it.",
        "Verify the bytes as they arrived, before parsing. `webhook-signature` is Standard "
        "Webhooks, made with `whsecSecret`: it covers id, time and body, so that an old "
        "message can't be sent again. `X-MAESN-SIGNATURE` is hex HMAC-SHA256 over the "
        "body, keyed with `secret` as text. Either is enough.",
        "Nothing in the body says whose event it is: use one callback URL per customer, "
        "or the headers `X-Connector-Account` and `X-Connector-Reference`.",
    ),
    """\
import hmac
from standardwebhooks import Webhook

event = Webhook(WHSEC_SECRET).verify(body, headers)  # raises WebhookVerificationError

# or, for receivers written for Maesn
expected = hmac.digest(SECRET.encode(), body, "sha256").hex()
genuine = hmac.compare_digest(headers["x-maesn-signature"], expected)""",
)
