"""What callers send to this floor, and how a body or a query becomes a checked value."""

import json
from collections.abc import Mapping
from itertools import chain
from typing import Annotated, Any, TypeVar, cast

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from starlette.datastructures import QueryParams
from starlette.requests import Request

from oauth.logos import LONGEST
from oauth.page_styles import PageStyle, check_style
from oauth.queries import given_once
from storage.errors import FieldError, Invalid

Model = TypeVar("Model", bound=BaseModel)

_CODES = {"missing": "REQUIRED"}
_CODES_OF = {"limit": "NOT_ALLOWED"}
"""Of fields that other calls have too, and refuse by the same code whatever is wrong."""


def parse_body(model: type[Model], raw: bytes) -> Model:
    """Read a JSON body; an empty one counts as `{}`. Raises Invalid, one entry per wrong field."""
    try:
        read = model.model_validate_json(raw or b"{}")
    except ValidationError as error:
        raise _invalid(error, "body") from None
    if b"\\u0000" in raw and _holds_nul(json.loads(raw)):
        message = "no text may hold the character NUL, which can't be stored"
        raise Invalid.one("body", "NOT_ALLOWED", message)
    return read


async def read_body(model: type[Model], request: Request) -> Model:
    """Read a request's JSON body, and keep warnings of what isn't used. Raises as `parse_body`."""
    raw = await request.body()
    read = parse_body(model, raw)
    given: Mapping[str, Any] = json.loads(raw or b"{}")
    _keep_unused(model, given, request, "field of this call's body")
    return read


def read_query(model: type[Model], request: Request) -> Model:
    """Read a request's query, and keep warnings of what isn't used. Raises as `parse_query`."""
    read = parse_query(model, request.query_params)
    _keep_unused(model, request.query_params, request, "parameter of this call")
    return read


def _keep_unused(
    model: type[BaseModel], given: Mapping[str, Any], request: Request, kind: str
) -> None:
    known = _known_to(model)
    request.state.unused = tuple(
        f"{name[:40]!r} is not a {kind}; it was not used." for name in given if name not in known
    )


def unused_in(request: Request) -> tuple[str, ...]:
    """Answer the warnings that were kept."""
    return getattr(request.state, "unused", ())


def _known_to(model: type[BaseModel]) -> set[str]:
    """Name every spelling of every field."""
    known = set(model.model_fields)
    for one in model.model_fields.values():
        match one.validation_alias or one.alias:
            case str(name):
                known.add(name)
            case AliasChoices(choices=choices):
                known.update(choice for choice in choices if isinstance(choice, str))
            case _:
                pass
    return known


def parse_query(model: type[Model], parameters: QueryParams) -> Model:
    """Read query parameters. Raises Invalid, one entry per wrong or repeated parameter."""
    given = given_once(parameters)
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise _invalid(error, "query") from None


def _holds_nul(value: Any) -> bool:
    match value:
        case str():
            return "\0" in value
        case list():
            return any(_holds_nul(one) for one in cast(list[Any], value))
        case dict():
            return any(map(_holds_nul, chain.from_iterable(cast(dict[str, Any], value).items())))
        case _:
            return False


def _invalid(error: ValidationError, whole: str) -> Invalid:
    fields = [
        FieldError(
            field=".".join(str(part) for part in wrong["loc"]) or whole,
            code=_code(wrong["loc"], wrong["type"]),
            message=wrong["msg"],
        )
        for wrong in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    return Invalid(f"the {whole} has {len(fields)} wrong or missing field(s)", fields)


def _code(where: tuple[int | str, ...], kind: str) -> str:
    own = _CODES_OF.get(str(where[0])) if len(where) == 1 else None
    return own or _CODES.get(kind, kind.upper())


def _none_if_empty(value: Any) -> Any:
    return None if value == "" else value


Optional = Annotated[str | None, BeforeValidator(_none_if_empty)]
"""A text that may be missing, null or empty: all the same."""


class _Request(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        validate_by_name=True,
        validate_by_alias=True,
        use_attribute_docstrings=True,
    )


class LinkRequest(_Request):
    """How a link is to end, in every spelling that clients use."""

    callback_url: Optional = Field(
        default=None, validation_alias=AliasChoices("callbackUrl", "callBackUrl")
    )
    cancel_callback_url: Optional = Field(
        default=None, validation_alias=AliasChoices("cancelCallbackUrl", "cancelCallBackUrl")
    )
    webhook_callback_url: Optional = Field(default=None, validation_alias="webhookCallbackUrl")
    """Where the account key is posted, instead of being handed to the browser."""
    include_signature: bool = Field(
        default=False, validation_alias=AliasChoices("includeSignature", "include_signature")
    )
    reference: Optional = Field(default=None, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")
    """The vendor's own id of this customer, echoed at the end of the link and in every list."""
    company_id: Optional = Field(default=None, validation_alias="companyId")
    tenant_id: Optional = Field(default=None, validation_alias="tenantId")
    base_url: Optional = Field(default=None, validation_alias="baseUrl")
    environment_selection: bool = Field(default=False, validation_alias="environmentSelection")
    hosted: bool = False
    """Begin at a page of ours that says who asks and for what."""

    def warnings(self, target: str) -> list[str]:
        """Name the parameters that make no difference here."""
        unused = {
            "companyId": self.company_id,
            "tenantId": self.tenant_id,
            "baseUrl": self.base_url,
            "environmentSelection": self.environment_selection,
        }
        return [f"{name} is not used for {target}" for name, value in unused.items() if value]


class ExchangeRequest(_Request):
    code: str = Field(min_length=1, max_length=200)
    """The one-time code from the end of a link."""


class CustomValue(_Request):
    key: str = Field(min_length=1, max_length=100)
    value: str = Field(max_length=4000, repr=False)


class RegisterSystemRequest(_Request):
    """The tenant's own app at a target system. Secrets are write-only."""

    target_system: str = Field(validation_alias="targetSystem")
    client_id: str = Field(validation_alias="clientId", max_length=500)
    client_secret: str = Field(validation_alias="clientSecret", max_length=4000, repr=False)
    custom_values: tuple[CustomValue, ...] = Field(default=(), validation_alias="customValues")
    scopes: Optional = Field(default=None, max_length=4000)
    """Scopes to ask for, space separated, or a preset's name."""


class ApiKeyRequest(_Request):
    name: str = Field(min_length=1, max_length=100)
    """To tell keys apart: where it is used, say."""
    permissions: tuple[str, ...] | None = None
    """Of read, write, payments and admin; no more than the key has that asks, and all of those
    when nothing is said."""


class PageStyleRequest(_Request):
    """How your pages look to your customers. It takes the place of the style before."""

    name: Optional = Field(default=None, max_length=80, pattern=r"^[^\x00-\x1f\x7f<>]*$")
    """What customers know you by."""
    logo_svg: Optional = Field(default=None, validation_alias="logoSvg", max_length=LONGEST)
    """Markup, base64 or a data URI; a plain drawing of at most 100,000 bytes."""
    logo_png: Optional = Field(default=None, validation_alias="logoPng", max_length=LONGEST)
    """Base64 or a data URI; at most 100,000 bytes."""
    background_color: Optional = Field(default=None, validation_alias="backgroundColor")
    title_color: Optional = Field(default=None, validation_alias="titleColor")
    text_color: Optional = Field(default=None, validation_alias="textColor")
    input_background_color: Optional = Field(default=None, validation_alias="inputBackgroundColor")
    submit_button_color: Optional = Field(default=None, validation_alias="submitButtonColor")
    cancel_button_color: Optional = Field(default=None, validation_alias="cancelButtonColor")
    error_text_color: Optional = Field(default=None, validation_alias="errorTextColor")

    def checked(self) -> PageStyle:
        """Read it. Raises Invalid, one entry per wrong field."""
        return check_style(
            name=self.name,
            logo_svg=self.logo_svg,
            logo_png=self.logo_png,
            colors={
                "backgroundColor": self.background_color,
                "titleColor": self.title_color,
                "textColor": self.text_color,
                "inputBackgroundColor": self.input_background_color,
                "submitButtonColor": self.submit_button_color,
                "cancelButtonColor": self.cancel_button_color,
                "errorTextColor": self.error_text_color,
            },
        )


class PageStyleQuery(_Request):
    code: str = Field(min_length=1, max_length=200)
    """The tenant's id."""


class AccountRequest(_Request):
    """An organisation's own API key. The contract's other fields make no difference."""

    username: str = Field(min_length=1, max_length=200, pattern=r"^[\x21-\x39\x3b-\x7e]+$")
    """The organisation's slug, such as acme-1234."""
    api_key: str = Field(
        validation_alias="apiKey",
        min_length=1,
        max_length=1000,
        pattern=r"^[\x21-\x7e]+$",
        repr=False,
    )
    """The secret key beside it."""
    custom_values: tuple[CustomValue, ...] = Field(default=(), validation_alias="customValues")
    """What the registered system would bring: the sandbox's stagingToken."""
    reference: Optional = Field(default=None, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")
    """The vendor's own id of this customer, echoed in every list."""


class CallbackUrlsRequest(_Request):
    callback_url: str = Field(validation_alias=AliasChoices("callbackUrl", "callBackUrl"))
    cancel_callback_url: Optional = Field(
        default=None, validation_alias=AliasChoices("cancelCallbackUrl", "cancelCallBackUrl")
    )
