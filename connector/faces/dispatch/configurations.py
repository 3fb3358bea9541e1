"""Configurations of providers, and the JSON Schema of the form that makes one."""

from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from connector.api.envelope import BriefMeta, Envelope, written
from connector.api.meaning import Moment, meaning
from connector.api.named import words_of
from connector.api.operation import Permission, operation
from connector.api.parameters import path_parameter
from connector.api.parsing import read_body
from connector.dispatching.configurations import Configuration, Configurations
from connector.dispatching.documents import DispatchType
from connector.dispatching.providers import (
    MASK,
    PROVIDER,
    SERVICE,
    ProviderSettings,
    SettingsSchema,
    check_offered,
    schema_of,
)
from oauth.admitted import caller_of, tenant_of
from oauth.answering import answer_vendor
from storage.clock import iso_millis

_SERVICE = path_parameter("service", "The service: INVOICING.")
_PROVIDER = path_parameter("provider", "The provider: qonto.")
_PARAMETERS = (_SERVICE, _PROVIDER)
_ONE = (*_PARAMETERS, path_parameter("configurationId", "The configuration's id, cfg_..."))
_OF_PROVIDER = "/api/configurations/{service}/providers/{provider}"

_INCOMPLETE = (
    "sandboxHeaderValue is missing, which calls to the sandbox need: documents are refused with "
    "417 until it is there."
)


class ConfiguredProvider(msgspec.Struct, frozen=True, rename="camel"):
    __doc__ = "A configuration, without its secrets."

    id: Annotated[str, meaning("Its id.")]
    provider_name: Annotated[str, meaning("The provider: qonto.")]
    qonto_login: Annotated[str, meaning("The organisation's login.")]
    qonto_secret_key: Annotated[str, meaning("A mask; sent back, it keeps the key there is.")]
    default_iban: Annotated[str | None, meaning("Where invoices are paid; null: the main account.")]
    use_sandbox: Annotated[bool, meaning("Whether Qonto's sandbox is called.")]
    sandbox_header_value: Annotated[str | None, meaning("A mask, where there is a token.")]
    is_complete: Annotated[bool, meaning("Whether documents can be dispatched with it.")]
    account_id: Annotated[str | None, meaning("The account linked with it.")]
    updated_date: Annotated[Moment, meaning("When it was changed last.")]

    @classmethod
    def of(cls, one: Configuration) -> "ConfiguredProvider":
        """Return what may be shown of a configuration."""
        settings = one.settings
        return cls(
            one.id,
            PROVIDER,
            settings.qonto_login,
            MASK,
            settings.iban,
            settings.use_sandbox,
            MASK if settings.sandbox_header_value else None,
            settings.is_complete,
            one.account_id,
            iso_millis(one.updated_at),
        )


class OfferedProvider(msgspec.Struct, frozen=True, rename="camel"):
    __doc__ = "A provider of a service."

    name: Annotated[str, meaning("What `providerName` says.")]
    service: Annotated[str, meaning("The service it is of.")]
    document_types: Annotated[tuple[str, ...], meaning("What it makes.")]


class OfferedProviders(msgspec.Struct, frozen=True, rename="camel"):
    __doc__ = "The providers of a service."

    providers: Annotated[tuple[OfferedProvider, ...], meaning("The providers.")]


class ConfigurationList(msgspec.Struct, frozen=True, rename="camel"):
    __doc__ = "Your configurations of a provider."

    configurations: Annotated[
        tuple[ConfiguredProvider, ...], meaning("Your configurations, oldest first.")
    ]


class DeletedConfiguration(msgspec.Struct, frozen=True, rename="camel"):
    __doc__ = "A configuration that is gone."

    id: Annotated[str, meaning("Its id.")]


@operation(
    "GET",
    "/api/configurations/{service}/providers",
    "List the providers of a service",
    name="listProviders",
    keys="user",
    permission=Permission.READ,
    parameters=(_SERVICE,),
    response=Envelope[OfferedProviders, BriefMeta],
    tag="dispatch",
)
async def list_providers(_configurations: Configurations, request: Request) -> Response:
    """Return the providers there are."""
    check_offered(request.path_params["service"])
    only = OfferedProvider(PROVIDER, SERVICE, words_of(DispatchType))
    return answer_vendor(request, OfferedProviders((only,)))


@operation(
    "GET",
    f"{_OF_PROVIDER}/config",
    "Get the JSON Schema of a provider's configuration",
    name="getProviderSchema",
    keys="user",
    permission=Permission.READ,
    parameters=_PARAMETERS,
    response=SettingsSchema,
    description="The schema itself, without an envelope.",
    tag="dispatch",
)
async def show_schema(_configurations: Configurations, request: Request) -> Response:
    """Return the JSON Schema that the form is drawn from."""
    return written(schema_of(request.path_params["service"], request.path_params["provider"]))


@operation(
    "GET",
    _OF_PROVIDER,
    "List your configurations of a provider",
    name="listConfigurations",
    keys="user",
    permission=Permission.READ,
    parameters=_PARAMETERS,
    response=Envelope[ConfigurationList, BriefMeta],
    tag="dispatch",
)
async def list_configurations(configurations: Configurations, request: Request) -> Response:
    """Return the vendor's configurations."""
    _check(request)
    found = await configurations.list(tenant_of(request).id)
    return answer_vendor(request, ConfigurationList(tuple(map(ConfiguredProvider.of, found))))


@operation(
    "POST",
    _OF_PROVIDER,
    "Configure a provider",
    name="createConfiguration",
    keys="user",
    permission=Permission.ADMIN,
    parameters=_PARAMETERS,
    request=ProviderSettings,
    response=Envelope[ConfiguredProvider, BriefMeta],
    status=201,
    description=(
        "Checked at Qonto at once, and linked as an account by API key; secrets are sealed and "
        "never shown again. Without the token that the sandbox needs it is stored, and nobody is "
        "called."
    ),
    errors=(502, 504),
    tag="dispatch",
)
async def create_configuration(configurations: Configurations, request: Request) -> Response:
    """Store a configuration."""
    _check(request)
    settings = await read_body(ProviderSettings, request)
    caller = caller_of(request)
    made = await configurations.create(caller.tenant, settings, by=caller.key_id)
    return _shown(request, made, 201)


@operation(
    "GET",
    f"{_OF_PROVIDER}/{{configurationId}}",
    "Get a configuration",
    name="getConfiguration",
    keys="user",
    permission=Permission.READ,
    parameters=_ONE,
    response=Envelope[ConfiguredProvider, BriefMeta],
    tag="dispatch",
)
async def get_configuration(configurations: Configurations, request: Request) -> Response:
    """Return one of the vendor's configurations."""
    return _shown(request, await configurations.get(tenant_of(request).id, _check(request)))


@operation(
    "PUT",
    f"{_OF_PROVIDER}/{{configurationId}}",
    "Replace a configuration",
    name="replaceConfiguration",
    keys="user",
    permission=Permission.ADMIN,
    parameters=_ONE,
    request=ProviderSettings,
    response=Envelope[ConfiguredProvider, BriefMeta],
    description="As a new one, for the same organisation; a mask keeps the secret there is.",
    errors=(502, 504),
    tag="dispatch",
)
async def replace_configuration(configurations: Configurations, request: Request) -> Response:
    """Store a configuration in the place of what it was."""
    id_ = _check(request)
    settings = await read_body(ProviderSettings, request)
    caller = caller_of(request)
    return _shown(
        request, await configurations.replace(caller.tenant, id_, settings, by=caller.key_id)
    )


@operation(
    "DELETE",
    f"{_OF_PROVIDER}/{{configurationId}}",
    "Delete a configuration",
    name="deleteConfiguration",
    keys="user",
    permission=Permission.ADMIN,
    parameters=_ONE,
    response=Envelope[DeletedConfiguration, BriefMeta],
    description="Ends its link as well, and answers when no process calls with it any more.",
    tag="dispatch",
)
async def delete_configuration(configurations: Configurations, request: Request) -> Response:
    """Delete a configuration and end its link."""
    id_, caller = _check(request), caller_of(request)
    await configurations.remove(caller.tenant.id, id_, by=caller.key_id)
    return answer_vendor(request, DeletedConfiguration(id_))


def _check(request: Request) -> str:
    """Return the configuration's id, empty without one. Raises ProviderNotOffered."""
    check_offered(request.path_params["service"], request.path_params["provider"])
    return str(request.path_params.get("configurationId", ""))


def _shown(request: Request, one: Configuration, status: int = 200) -> Response:
    warnings = () if one.settings.is_complete else (_INCOMPLETE,)
    return answer_vendor(request, ConfiguredProvider.of(one), status=status, warnings=warnings)


CONFIGURATION_OPERATIONS = (
    list_providers,
    show_schema,
    list_configurations,
    create_configuration,
    get_configuration,
    replace_configuration,
    delete_configuration,
)
