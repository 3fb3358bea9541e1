"""What callers send to this floor."""

from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field

from oauth.logos import LONGEST
from oauth.page_styles import PageStyle, check_style
from oauth.words import PERMISSION, TARGET_SYSTEM


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
    )


class LinkRequest(_Request):
    __doc__ = """How a link is to end, in every spelling that clients use."""

    callback_url: Optional = Field(
        default=None,
        validation_alias=AliasChoices("callbackUrl", "callBackUrl"),
        description="Where the link ends; without it, where your links usually do.",
    )
    cancel_callback_url: Optional = Field(
        default=None,
        validation_alias=AliasChoices("cancelCallbackUrl", "cancelCallBackUrl"),
        description="Where the link ends if it comes to nothing.",
    )
    webhook_callback_url: Optional = Field(
        default=None,
        validation_alias="webhookCallbackUrl",
        description="Where the account key is posted, instead of being handed to the browser.",
    )
    include_signature: bool = Field(
        default=False,
        validation_alias=AliasChoices("includeSignature", "include_signature"),
        description="Sign the address that the browser is sent to at the end.",
    )
    reference: Optional = Field(
        default=None,
        max_length=200,
        pattern=r"^[^\x00-\x1f\x7f]*$",
        description=(
            "Your own id of this customer, echoed at the end of the link and in every list."
        ),
    )
    company_id: Optional = Field(
        default=None,
        validation_alias="companyId",
        description="Not used for target systems with one company.",
    )
    tenant_id: Optional = Field(
        default=None,
        validation_alias="tenantId",
        description="Not used for target systems with one environment.",
    )
    base_url: Optional = Field(
        default=None,
        validation_alias="baseUrl",
        description="Not used for target systems with one address.",
    )
    environment_selection: bool = Field(
        default=False,
        validation_alias="environmentSelection",
        description="Not used for target systems with one environment.",
    )
    hosted: bool = Field(
        default=False, description="Begin at a page of ours that says who asks and for what."
    )

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
    __doc__ = "What a finished link is exchanged by."

    code: str = Field(
        min_length=1, max_length=200, description="The one-time code from the end of a link."
    )


class CustomValue(_Request):
    __doc__ = "What a target system needs besides the client's credentials."

    key: str = Field(min_length=1, max_length=100, description="The custom value's name.")
    value: str = Field(max_length=4000, repr=False, description="The custom value.")


class RegisterSystemRequest(_Request):
    __doc__ = """The tenant's own app at a target system. Secrets are write-only."""

    target_system: str = Field(
        validation_alias="targetSystem",
        description="The target system.",
        json_schema_extra=TARGET_SYSTEM,
    )
    client_id: str = Field(
        validation_alias="clientId", max_length=500, description="The client id of your app there."
    )
    client_secret: str = Field(
        validation_alias="clientSecret",
        max_length=4000,
        repr=False,
        description="Its client secret.",
    )
    custom_values: tuple[CustomValue, ...] = Field(
        default=(),
        validation_alias="customValues",
        description="What else the target system needs, such as the sandbox's stagingToken.",
    )
    scopes: Optional = Field(
        default=None,
        max_length=4000,
        description="Scopes to ask for, space separated, or a preset's name.",
    )


class ApiKeyRequest(_Request):
    __doc__ = "What the new key is for."

    name: str = Field(
        min_length=1, max_length=100, description="To tell keys apart: where it is used, say."
    )
    permissions: tuple[Annotated[str, Field(json_schema_extra=PERMISSION)], ...] | None = Field(
        default=None,
        description="No more than the key has that asks, and all of those when nothing is said.",
    )


class PageStyleRequest(_Request):
    __doc__ = """How your pages look to your customers. It takes the place of the style before."""

    name: Optional = Field(
        default=None,
        max_length=80,
        pattern=r"^[^\x00-\x1f\x7f<>]*$",
        description="What customers know you by.",
    )
    logo_svg: Optional = Field(
        default=None,
        validation_alias="logoSvg",
        max_length=LONGEST,
        description="Markup, base64 or a data URI; a plain drawing of at most 100,000 bytes.",
    )
    logo_png: Optional = Field(
        default=None,
        validation_alias="logoPng",
        max_length=LONGEST,
        description="Base64 or a data URI; at most 100,000 bytes.",
    )
    background_color: Optional = Field(
        default=None,
        validation_alias="backgroundColor",
        description="The colour of the page, such as #3d33a6.",
    )
    title_color: Optional = Field(
        default=None, validation_alias="titleColor", description="The colour of the title."
    )
    text_color: Optional = Field(
        default=None, validation_alias="textColor", description="The colour of the text."
    )
    input_background_color: Optional = Field(
        default=None, validation_alias="inputBackgroundColor", description="The colour of fields."
    )
    submit_button_color: Optional = Field(
        default=None,
        validation_alias="submitButtonColor",
        description="The colour of the button that goes on.",
    )
    cancel_button_color: Optional = Field(
        default=None,
        validation_alias="cancelButtonColor",
        description="The colour of the button that cancels.",
    )
    error_text_color: Optional = Field(
        default=None, validation_alias="errorTextColor", description="The colour of complaints."
    )

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
    __doc__ = "Whose style to show."

    code: str = Field(min_length=1, max_length=200, description="The tenant's id.")


class AccountRequest(_Request):
    __doc__ = """An organisation's own API key. The contract's other fields make no difference."""

    username: str = Field(
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x39\x3b-\x7e]+$",
        description="The organisation's slug, such as acme-1234.",
    )
    api_key: str = Field(
        validation_alias="apiKey",
        min_length=1,
        max_length=1000,
        pattern=r"^[\x21-\x7e]+$",
        repr=False,
        description="The secret key beside it.",
    )
    custom_values: tuple[CustomValue, ...] = Field(
        default=(),
        validation_alias="customValues",
        description="What the registered system would bring: the sandbox's stagingToken.",
    )
    reference: Optional = Field(
        default=None,
        max_length=200,
        pattern=r"^[^\x00-\x1f\x7f]*$",
        description="The vendor's own id of this customer, echoed in every list.",
    )


class CallbackUrlsRequest(_Request):
    __doc__ = "Where links end."

    callback_url: str = Field(
        validation_alias=AliasChoices("callbackUrl", "callBackUrl"),
        description="Where links end, unless they say otherwise; what lies below is allowed.",
    )
    cancel_callback_url: Optional = Field(
        default=None,
        validation_alias=AliasChoices("cancelCallbackUrl", "cancelCallBackUrl"),
        description="Where links end that come to nothing.",
    )
