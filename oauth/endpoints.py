"""What each address of this floor takes and answers: facts for the API description."""

from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel

from oauth import answers, requests


class AccountKey(StrEnum):
    """What an address does with X-ACCOUNT-KEY."""

    UNUSED = "UNUSED"
    OPTIONAL = "OPTIONAL"
    REQUIRED = "REQUIRED"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path. `answer` None is a bare JSON string or, with `media`, plain text."""

    method: str
    path: str
    summary: str
    description: str
    """What a success means."""
    status: int = 200
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    answer: type[BaseModel] | None = None
    media: str = "application/json"
    api_key: bool = True
    account_key: AccountKey = AccountKey.UNUSED
    tag: str = "tenants"


_TEXT = "text/html"

ENDPOINTS = (
    Endpoint(
        "GET",
        "/auth/status",
        "Say whether a linked account can be used",
        "The account's status, granted scopes and reference",
        answer=answers.Envelope[answers.AccountStatus],
        account_key=AccountKey.REQUIRED,
        tag="auth",
    ),
    Endpoint(
        "POST",
        "/auth/exchange",
        "Exchange the one-time code from a link for its account key",
        "The account key, shown this once",
        body=requests.ExchangeRequest,
        answer=answers.Envelope[answers.ExchangedKey],
        tag="auth",
    ),
    Endpoint(
        "POST",
        "/auth/accounts/{target}",
        "Link an organisation by its own API key",
        "The account key, shown this once",
        status=201,
        body=requests.AccountRequest,
        answer=answers.NewAccountKey,
        account_key=AccountKey.OPTIONAL,
        tag="auth",
    ),
    Endpoint(
        "GET",
        "/auth/callback/{target}",
        "Take a customer's browser back from the target system",
        "The browser is sent to the vendor's callback URL; without one, 200 with a page",
        status=302,
        media=_TEXT,
        api_key=False,
        tag="auth",
    ),
    Endpoint(
        "GET",
        "/auth/{target}",
        "Start a link",
        "The address to send the customer to, as text; as JSON when that is accepted",
        query=requests.LinkRequest,
        answer=answers.Envelope[answers.LinkUrl],
        media=_TEXT,
        account_key=AccountKey.OPTIONAL,
        tag="auth",
    ),
    Endpoint(
        "POST",
        "/auth/{target}",
        "Start a link",
        "The address to send the customer to, as text; as JSON when that is accepted",
        status=201,
        body=requests.LinkRequest,
        answer=answers.Envelope[answers.LinkUrl],
        media=_TEXT,
        account_key=AccountKey.OPTIONAL,
        tag="auth",
    ),
    Endpoint(
        "GET",
        "/link/{token}",
        "Show a customer who asks to link, and for what",
        "A page with a button that goes on to the target system",
        media=_TEXT,
        api_key=False,
        tag="auth",
    ),
    Endpoint(
        "POST",
        "/link/{token}",
        "Go on from the link page to the target system",
        "The browser is sent to the target system, with a cookie it must come back with",
        status=303,
        media=_TEXT,
        api_key=False,
        tag="auth",
    ),
    Endpoint(
        "POST",
        "/tenants/register-system",
        "Register your app at a target system",
        "The credentials are stored, sealed; they can't be read back",
        status=201,
        body=requests.RegisterSystemRequest,
    ),
    Endpoint(
        "DELETE",
        "/tenants/delete-registered-system/{targetSystem}",
        "Forget your app's credentials",
        "The credentials are gone; accounts linked with them can't be renewed",
    ),
    Endpoint(
        "GET",
        "/tenants/get-registered-systems",
        "List your registered apps",
        "The apps, their secrets masked",
        answer=answers.Envelope[answers.SystemList],
    ),
    Endpoint(
        "GET",
        "/tenants/get-registered-systems-masked",
        "List your registered apps",
        "The apps, their secrets masked",
        answer=answers.Envelope[answers.SystemList],
    ),
    Endpoint(
        "POST",
        "/tenants/add-callback-urls",
        "Set where links end, and allow what lies below",
        "The URLs are the defaults from now on, and are allowed",
        status=201,
        body=requests.CallbackUrlsRequest,
    ),
    Endpoint(
        "GET",
        "/tenants/get-callback-url",
        "Show where links end",
        "The defaults, and all that is allowed",
        answer=answers.Envelope[answers.CallbackUrlList],
    ),
    Endpoint(
        "GET",
        "/tenants/get-end-user-list",
        "List your linked accounts",
        "The accounts with their status and the hints of their live keys",
        answer=answers.Envelope[answers.EndUserList],
    ),
    Endpoint(
        "GET",
        "/tenants/count-end-users-by-system",
        "Count your linked accounts by target system",
        "All that were linked, and those of them that can be used",
        answer=answers.Envelope[answers.EndUserCounts],
    ),
    Endpoint(
        "GET",
        "/tenants/get-target-system-values",
        "List the target systems",
        "The names that go into /auth/{target}",
        answer=answers.Envelope[answers.TargetSystems],
    ),
    Endpoint(
        "GET",
        "/tenants/get-target-system-requirements",
        "Say what registering an app takes, for each target system",
        "Fields, custom values, and the redirect address to register there",
        answer=answers.Envelope[answers.TargetRequirementsList],
    ),
    Endpoint(
        "GET",
        "/tenants/get-all-active-end-users",
        "List the accounts of all vendors: for the operator only",
        "Never; it answers 404 NOT_SUPPORTED and names what there is instead",
        status=404,
    ),
    Endpoint(
        "POST",
        "/tenants/submission-page-style",
        "Set how your pages look to your customers",
        "The style, in the place of the one before",
        status=201,
        body=requests.PageStyleRequest,
        answer=answers.Envelope[answers.PageStyleEntry],
    ),
    Endpoint(
        "GET",
        "/tenants/submission-page-style-by-key",
        "Show how your pages look",
        "The style of the API key's tenant",
        answer=answers.Envelope[answers.PageStyleEntry],
    ),
    Endpoint(
        "GET",
        "/tenants/get-submission-page-style",
        "Show how your pages look, by the code of your tenant",
        "The style; another tenant's code is answered with 404",
        query=requests.PageStyleQuery,
        answer=answers.Envelope[answers.PageStyleEntry],
    ),
    Endpoint(
        "GET",
        "/tenants/api-keys",
        "List your API keys",
        "The keys by their first characters, ended and revoked ones too",
        answer=answers.Envelope[answers.ApiKeyList],
    ),
    Endpoint(
        "POST",
        "/tenants/api-keys",
        "Make another API key",
        "The key, shown this once; it can do no more than the key that asked",
        status=201,
        body=requests.ApiKeyRequest,
        answer=answers.Envelope[answers.NewApiKey],
    ),
    Endpoint(
        "DELETE",
        "/tenants/api-keys/{keyId}",
        "Revoke an API key",
        "The key has ended; the key that asks can't revoke itself",
        answer=answers.Envelope[answers.RevokedApiKey],
    ),
    Endpoint(
        "POST",
        "/tenants/signing-secret",
        "Make the secret that signs redirects and notices",
        "The new secret, shown this once; the one before has ended",
        status=201,
        answer=answers.Envelope[answers.NewSigningSecret],
    ),
)
