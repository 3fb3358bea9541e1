"""The providers that documents are dispatched to, and the form that configures one."""

from typing import Annotated, Any

import msgspec
from pydantic import Field

from connector.api.meaning import meaning
from connector.dispatching.errors import ProviderNotOffered
from connector.writing.requests.base import Writable

SERVICE = "INVOICING"
PROVIDER = "qonto"
MASK = "********"
"""What stands for a secret; sent back, it keeps the secret there is."""


class ProviderSettings(Writable):
    __doc__ = "How one organisation's Qonto is reached. Its JSON Schema is served beside it."

    qonto_login: str = Field(
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x39\x3b-\x7e]+$",
        description="The organisation's login, such as acme-1234.",
        examples=["acme-1234"],
    )
    qonto_secret_key: str = Field(
        min_length=1,
        max_length=1000,
        pattern=r"^[\x21-\x7e]+$",
        repr=False,
        description="The secret key beside it; never shown again.",
    )
    default_iban: str | None = Field(
        None,
        max_length=50,
        description="Where invoices are paid; the main account without it.",
        examples=["FR7616958000018282811111111"],
    )
    use_sandbox: bool = Field(False, description="Whether Qonto's sandbox is called.")
    sandbox_header_value: str | None = Field(
        None,
        max_length=1000,
        pattern=r"^[\x21-\x7e]*$",
        repr=False,
        description="The sandbox's staging token; needed if useSandbox is true.",
    )

    @property
    def is_complete(self) -> bool:
        """Say whether Qonto can be called with it."""
        return not self.use_sandbox or bool(self.sandbox_header_value)

    @property
    def target(self) -> str:
        """The target system that is called, and no other."""
        return "qonto-sandbox" if self.use_sandbox else "qonto"

    @property
    def iban(self) -> str | None:
        """The IBAN as it is compared, None where there is none."""
        return (self.default_iban or "").replace(" ", "").upper() or None

    def with_secrets_of(self, earlier: "ProviderSettings") -> "ProviderSettings":
        """Return it with those secrets of an earlier one that it has masks for."""
        names = ("qonto_secret_key", "sandbox_header_value")
        kept = {name: getattr(earlier, name) for name in names if getattr(self, name) == MASK}
        return self.model_copy(update=kept)


class SettingsSchema(msgspec.Struct, frozen=True, kw_only=True):
    __doc__ = "A JSON Schema, draft 2020-12."

    dialect: Annotated[str, meaning("The dialect of JSON Schema.")] = msgspec.field(name="$schema")
    title: Annotated[str, meaning("What is configured.")]
    type: Annotated[str, meaning("Always object.")]
    properties: Annotated[dict[str, dict[str, Any]], meaning("The fields, by name.")]
    required: Annotated[tuple[str, ...], meaning("Fields that are always needed.")]
    condition: Annotated[dict[str, Any], meaning("When more is needed.")] = msgspec.field(name="if")
    then: Annotated[dict[str, Any], meaning("What is needed then.")]


def schema_of(service: str, provider: str) -> SettingsSchema:
    """Return the JSON Schema of a provider's settings. Raises ProviderNotOffered."""
    check_offered(service, provider)
    fields = ProviderSettings.model_fields

    def said(name: str, **facts: Any) -> dict[str, Any]:
        return {"type": "string", "description": fields[name].description, **facts}

    return SettingsSchema(
        dialect="https://json-schema.org/draft/2020-12/schema",
        title="Qonto",
        type="object",
        properties={
            "qontoLogin": said("qonto_login", minLength=1, maxLength=200),
            "qontoSecretKey": said(
                "qonto_secret_key", minLength=1, maxLength=1000, format="password", writeOnly=True
            ),
            "defaultIban": said("default_iban", maxLength=50),
            "useSandbox": said("use_sandbox", type="boolean", default=False),
            "sandboxHeaderValue": said(
                "sandbox_header_value",
                minLength=1,
                maxLength=1000,
                format="password",
                writeOnly=True,
            ),
        },
        required=("qontoLogin", "qontoSecretKey"),
        condition={"properties": {"useSandbox": {"const": True}}, "required": ["useSandbox"]},
        then={"required": ["sandboxHeaderValue"]},
    )


def check_offered(service: str, provider: str = PROVIDER) -> None:
    """Raise ProviderNotOffered for any service or provider that there isn't."""
    if service != SERVICE or provider != PROVIDER:
        raise ProviderNotOffered
