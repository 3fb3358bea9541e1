"""What callers send to this floor."""

from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field

from oauth.logos import LONGEST
from oauth.page_styles import PageStyle, check_style


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
