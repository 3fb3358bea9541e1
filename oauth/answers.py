"""What this floor answers, as models: for the endpoints to fill, and for the API description."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

import msgspec

from connector.api.meaning import meaning
from oauth.accounts import CredentialStatus
from oauth.grants import choose_scopes
from oauth.link import Exchanged
from oauth.page_styles import PageStyle
from oauth.ports import TargetSystem
from oauth.settings import OAuthSettings
from oauth.tenant_keys import IssuedApiKey
from oauth.tenants import CallbackUrls, EndUser, RegisteredSystem, SigningSecret
from storage.clock import iso_millis
from storage.repositories.accounts import Account
from storage.repositories.api_keys import ApiKey
from storage.repositories.tenants import Tenant

MASK = "********"


class _Answer(msgspec.Struct, frozen=True, rename="camel"):
    pass


class LinkUrl(_Answer, frozen=True):
    url: Annotated[
        str,
        meaning(
            "Where to send the customer's browser: good for 15 minutes, a hosted page for a day; "
            "once."
        ),
    ]


class NewAccountKey(_Answer, frozen=True):
    account_key: Annotated[str, meaning("The account key, shown this once.")]


class ExchangedKey(_Answer, frozen=True):
    account_key: str
    target_system: str
    reference: str | None
    relinked: Annotated[
        bool,
        meaning("Whether the organisation was linked before, so that this is an additional key."),
    ]

    @classmethod
    def of(cls, exchanged: Exchanged) -> "ExchangedKey":
        return cls(
            account_key=exchanged.account_key,
            target_system=exchanged.target,
            reference=exchanged.reference,
            relinked=exchanged.relinked,
        )


class AccountStatus(_Answer, frozen=True):
    account_id: str
    target_system: str
    status: Annotated[str, meaning("ACTIVE, REAUTH_REQUIRED, REVOKED or DISABLED.")]
    organization_id: str
    organization_name: str | None
    reference: str | None
    linked_date: str
    scopes: list[str]
    renewable: Annotated[bool, meaning("Whether the access is renewed without the customer.")]

    @classmethod
    def of(cls, account: Account, standing: CredentialStatus | None) -> "AccountStatus":
        return cls(
            account_id=account.id,
            target_system=account.target,
            status=account.status,
            organization_id=account.organization_id,
            organization_name=account.organization_name,
            reference=account.reference,
            linked_date=_date(account.linked_at),
            scopes=[] if standing is None else list(standing.scopes),
            renewable=standing is not None and standing.is_renewable,
        )


class KeyHint(_Answer, frozen=True):
    key_id: str
    hint: str
    created_date: str


class EndUserEntry(_Answer, frozen=True):
    account_id: str
    target_system: str
    status: str
    organization_id: str
    organization_name: str | None
    reference: str | None
    linked_date: str
    updated_date: str
    account_keys: Annotated[list[KeyHint], meaning("The live keys, by their first characters.")]

    @classmethod
    def of(cls, user: EndUser) -> "EndUserEntry":
        account = user.account
        return cls(
            account_id=account.id,
            target_system=account.target,
            status=account.status,
            organization_id=account.organization_id,
            organization_name=account.organization_name,
            reference=account.reference,
            linked_date=_date(account.linked_at),
            updated_date=_date(account.updated_at),
            account_keys=[
                KeyHint(key_id=key.id, hint=key.hint, created_date=_date(key.created_at))
                for key in user.keys
            ],
        )


class EndUserList(_Answer, frozen=True):
    end_users: list[EndUserEntry]


class MaskedValue(_Answer, frozen=True, kw_only=True):
    key: str
    value: str = MASK


class SystemEntry(_Answer, frozen=True, kw_only=True):
    target_system: str
    client_id: str
    client_secret: str = MASK
    custom_values: list[MaskedValue]
    scopes: str | None

    @classmethod
    def of(cls, system: RegisteredSystem) -> "SystemEntry":
        return cls(
            target_system=system.target,
            client_id=system.client_id,
            custom_values=[MaskedValue(key=name) for name in system.custom_value_names],
            scopes=system.scopes,
        )


class SystemList(_Answer, frozen=True):
    systems: list[SystemEntry]


class CallbackUrlList(_Answer, frozen=True):
    callback_url: str | None
    cancel_callback_url: str | None
    allowed_callback_urls: Annotated[
        list[str],
        meaning("Browsers are sent to these, and to what lies below their paths."),
    ]

    @classmethod
    def of(cls, urls: CallbackUrls) -> "CallbackUrlList":
        return cls(
            callback_url=urls.callback_url,
            cancel_callback_url=urls.cancel_callback_url,
            allowed_callback_urls=list(urls.allowed),
        )


class ApiKeyEntry(_Answer, frozen=True):
    key_id: str
    name: str
    hint: Annotated[str, meaning("The key's first characters.")]
    permissions: list[str]
    created_date: str
    last_used_date: Annotated[str | None, meaning("Exact to a minute.")]
    ends_date: Annotated[str | None, meaning("When it stops working, if it is being replaced.")]
    revoked_date: str | None

    @classmethod
    def of(cls, key: ApiKey) -> "ApiKeyEntry":
        return cls(
            key_id=key.id,
            name=key.name,
            hint=key.hint,
            permissions=key.permissions.split(),
            created_date=_date(key.created_at),
            last_used_date=_maybe(key.last_used_at),
            ends_date=_maybe(key.ends_at),
            revoked_date=_maybe(key.revoked_at),
        )


class ApiKeyList(_Answer, frozen=True):
    api_keys: list[ApiKeyEntry]


class NewApiKey(_Answer, frozen=True):
    key_id: str
    name: str
    permissions: list[str]
    api_key: Annotated[str, meaning("Shown this once.")]

    @classmethod
    def of(cls, issued: IssuedApiKey) -> "NewApiKey":
        return cls(
            key_id=issued.key.id,
            name=issued.key.name,
            permissions=issued.key.permissions.split(),
            api_key=issued.secret,
        )


class RevokedApiKey(_Answer, frozen=True):
    key_id: str


class SystemCount(_Answer, frozen=True):
    target_system: str
    count: Annotated[int, meaning("Accounts that were linked, whatever their status.")]
    active: Annotated[int, meaning("Those of them that can be used.")]


class EndUserCounts(_Answer, frozen=True):
    total: int
    systems: list[SystemCount]

    @classmethod
    def of(cls, counts: Mapping[str, tuple[int, int]]) -> "EndUserCounts":
        return cls(
            total=sum(all_ for all_, _ in counts.values()),
            systems=[
                SystemCount(target_system=target, count=all_, active=active)
                for target, (all_, active) in counts.items()
            ],
        )


class TargetSystems(_Answer, frozen=True):
    target_systems: list[str]


class TargetRequirements(_Answer, frozen=True, kw_only=True):
    target_system: str
    authentication: str = "OAUTH2"
    required: Annotated[tuple[str, ...], meaning("What /tenants/register-system needs.")] = (
        "clientId",
        "clientSecret",
    )
    custom_values: Annotated[list[str], meaning("Keys of the custom values it can't do without.")]
    redirect_uri: Annotated[str, meaning("To be registered with your app at the target system.")]
    default_scopes: list[str]


class TargetRequirementsList(_Answer, frozen=True):
    target_systems: list[TargetRequirements]

    @classmethod
    def of(
        cls, targets: Mapping[str, TargetSystem], settings: OAuthSettings
    ) -> "TargetRequirementsList":
        return cls(
            target_systems=[
                TargetRequirements(
                    target_system=name,
                    custom_values=list(target.requirements()),
                    redirect_uri=settings.redirect_uri(name),
                    default_scopes=list(choose_scopes(target.oauth, settings.scopes.get(name))),
                )
                for name, target in targets.items()
            ]
        )


class PageStyleEntry(_Answer, frozen=True):
    code: Annotated[
        str,
        meaning("What /tenants/get-submission-page-style finds this style by."),
    ]
    name: str | None
    logo_svg: Annotated[str | None, meaning("A data URI, for an <img> only.")]
    logo_png: Annotated[str | None, meaning("A data URI.")]
    background_color: str | None
    title_color: str | None
    text_color: str | None
    input_background_color: str | None
    submit_button_color: str | None
    cancel_button_color: str | None
    error_text_color: str | None

    @classmethod
    def of(cls, tenant: Tenant, style: PageStyle) -> "PageStyleEntry":
        return cls(
            code=tenant.id,
            name=style.name or tenant.name,
            logo_svg=style.logo_svg,
            logo_png=style.logo_png,
            background_color=style.colors.get("backgroundColor"),
            title_color=style.colors.get("titleColor"),
            text_color=style.colors.get("textColor"),
            input_background_color=style.colors.get("inputBackgroundColor"),
            submit_button_color=style.colors.get("submitButtonColor"),
            cancel_button_color=style.colors.get("cancelButtonColor"),
            error_text_color=style.colors.get("errorTextColor"),
        )


class NewSigningSecret(_Answer, frozen=True):
    signing_secret: Annotated[str, meaning("64 hex characters. Shown this once.")]
    whsec_secret: Annotated[str, meaning("The same secret as Standard Webhooks spells it.")]

    @classmethod
    def of(cls, secret: SigningSecret) -> "NewSigningSecret":
        return cls(signing_secret=secret.hex, whsec_secret=secret.whsec)


def _date(moment: datetime) -> str:
    return iso_millis(moment)


def _maybe(moment: datetime | None) -> str | None:
    return None if moment is None else _date(moment)
