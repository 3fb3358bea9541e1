"""What this floor answers, as models: for the endpoints to fill, and for the API description."""

from collections.abc import Mapping
from typing import Annotated

import msgspec

from connector.api.meaning import Moment, meaning
from connector.api.named import words
from oauth.accounts import CredentialStatus
from oauth.grants import choose_scopes
from oauth.link import Exchanged
from oauth.page_styles import PageStyle
from oauth.ports import TargetSystem
from oauth.settings import OAuthSettings
from oauth.tenant_keys import IssuedApiKey
from oauth.tenants import CallbackUrls, EndUser, RegisteredSystem, SigningSecret
from oauth.words import AccountState, PermissionWord, Target
from storage.clock import iso_millis, maybe_iso_millis
from storage.repositories.accounts import Account
from storage.repositories.api_keys import ApiKey
from storage.repositories.tenants import Tenant

MASK = "********"


class _Answer(msgspec.Struct, frozen=True, rename="camel"):
    pass


class LinkUrl(_Answer, frozen=True):
    __doc__ = "Where a link begins."

    url: Annotated[
        str,
        meaning(
            "Where to send the customer's browser: good for 15 minutes, a hosted page for a day; "
            "once."
        ),
    ]


class NewAccountKey(_Answer, frozen=True):
    __doc__ = "The key of an account that was linked."

    account_key: Annotated[str, meaning("The account key, shown this once.")]


class ExchangedKey(_Answer, frozen=True):
    __doc__ = "What a finished link came to."

    account_key: Annotated[str, meaning("The account key, shown this once.")]
    target_system: Annotated[Target, meaning("The target system of the account.")]
    reference: Annotated[
        str | None, meaning("Your own id of this customer, as given at the start of the link.")
    ]
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
    __doc__ = "A linked account, and whether it can be used."

    account_id: Annotated[str, meaning("The account's id.")]
    target_system: Annotated[Target, meaning("The target system of the account.")]
    status: Annotated[AccountState, meaning("Whether the account can be used.")]
    organization_id: Annotated[str, meaning("The organisation's id at the target system.")]
    organization_name: Annotated[str | None, meaning("What the organisation is called.")]
    reference: Annotated[str | None, meaning("Your own id of this customer.")]
    linked_date: Annotated[Moment, meaning("When the customer linked.")]
    scopes: Annotated[
        list[str], meaning("What the customer consented to, in the target system's words.")
    ]
    renewable: Annotated[bool, meaning("Whether the access is renewed without the customer.")]

    @classmethod
    def of(cls, account: Account, credential_status: CredentialStatus | None) -> "AccountStatus":
        return cls(
            account_id=account.id,
            target_system=account.target,
            status=account.status,
            organization_id=account.organization_id,
            organization_name=account.organization_name,
            reference=account.reference,
            linked_date=iso_millis(account.linked_at),
            scopes=[] if credential_status is None else list(credential_status.scopes),
            renewable=credential_status is not None and credential_status.is_renewable,
        )


class KeyHint(_Answer, frozen=True):
    __doc__ = "An account key, without what makes it work."

    key_id: Annotated[str, meaning("The key's id.")]
    hint: Annotated[str, meaning("The key's first characters.")]
    created_date: Annotated[Moment, meaning("When the key was made.")]


class EndUserEntry(_Answer, frozen=True):
    __doc__ = "One of your linked accounts."

    account_id: Annotated[str, meaning("The account's id.")]
    target_system: Annotated[Target, meaning("The target system of the account.")]
    status: Annotated[AccountState, meaning("Whether the account can be used.")]
    organization_id: Annotated[str, meaning("The organisation's id at the target system.")]
    organization_name: Annotated[str | None, meaning("What the organisation is called.")]
    reference: Annotated[str | None, meaning("Your own id of this customer.")]
    linked_date: Annotated[Moment, meaning("When the customer linked.")]
    updated_date: Annotated[Moment, meaning("When the account's status last changed.")]
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
            linked_date=iso_millis(account.linked_at),
            updated_date=iso_millis(account.updated_at),
            account_keys=[
                KeyHint(key_id=key.id, hint=key.hint, created_date=iso_millis(key.created_at))
                for key in user.keys
            ],
        )


class EndUserList(_Answer, frozen=True):
    __doc__ = "Your linked accounts."

    end_users: Annotated[list[EndUserEntry], meaning("Your linked accounts.")]


class MaskedValue(_Answer, frozen=True, kw_only=True):
    __doc__ = "A custom value, which can't be read back."

    key: Annotated[str, meaning("The custom value's name.")]
    value: Annotated[str, meaning("Asterisks: custom values can't be read back.")] = MASK


class SystemEntry(_Answer, frozen=True, kw_only=True):
    __doc__ = "Your app at a target system, without its secrets."

    target_system: Annotated[Target, meaning("The target system that your app is registered for.")]
    client_id: Annotated[str, meaning("The client id of your app there.")]
    client_secret: Annotated[str, meaning("Asterisks: secrets can't be read back.")] = MASK
    custom_values: Annotated[list[MaskedValue], meaning("What else was registered, by name.")]
    scopes: Annotated[
        str | None, meaning("The scopes that are asked for; null for those of the service.")
    ]

    @classmethod
    def of(cls, system: RegisteredSystem) -> "SystemEntry":
        return cls(
            target_system=system.target,
            client_id=system.client_id,
            custom_values=[MaskedValue(key=name) for name in system.custom_value_names],
            scopes=system.scopes,
        )


class SystemList(_Answer, frozen=True):
    __doc__ = "Your apps at target systems."

    systems: Annotated[list[SystemEntry], meaning("Your registered apps.")]


class CallbackUrlList(_Answer, frozen=True):
    __doc__ = "Where links end."

    callback_url: Annotated[str | None, meaning("Where links end.")]
    cancel_callback_url: Annotated[str | None, meaning("Where links end that come to nothing.")]
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
    __doc__ = "An API key, without what makes it work."

    key_id: Annotated[str, meaning("The key's id.")]
    name: Annotated[str, meaning("What tells it from others.")]
    hint: Annotated[str, meaning("The key's first characters.")]
    permissions: Annotated[list[PermissionWord], meaning("What the key may be used for.")]
    created_date: Annotated[Moment, meaning("When the key was made.")]
    last_used_date: Annotated[
        Moment | None, meaning("When the key was last used, exact to a minute.")
    ]
    ends_date: Annotated[Moment | None, meaning("When it stops working, if it is being replaced.")]
    revoked_date: Annotated[Moment | None, meaning("When it was revoked.")]

    @classmethod
    def of(cls, key: ApiKey) -> "ApiKeyEntry":
        return cls(
            key_id=key.id,
            name=key.name,
            hint=key.hint,
            permissions=key.permissions.split(),
            created_date=iso_millis(key.created_at),
            last_used_date=maybe_iso_millis(key.last_used_at),
            ends_date=maybe_iso_millis(key.ends_at),
            revoked_date=maybe_iso_millis(key.revoked_at),
        )


class ApiKeyList(_Answer, frozen=True):
    __doc__ = "Your API keys."

    api_keys: Annotated[list[ApiKeyEntry], meaning("Your API keys.")]


class NewApiKey(_Answer, frozen=True):
    __doc__ = "An API key that was made."

    key_id: Annotated[str, meaning("The key's id.")]
    name: Annotated[str, meaning("What tells it from others.")]
    permissions: Annotated[list[PermissionWord], meaning("What the key may be used for.")]
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
    __doc__ = "An API key that has ended."

    key_id: Annotated[str, meaning("The id of the key that has ended.")]


class SystemCount(_Answer, frozen=True):
    __doc__ = "How many accounts are linked at one target system."

    target_system: Annotated[Target, meaning("The target system of the accounts.")]
    count: Annotated[int, meaning("Accounts that were linked, whatever their status.")]
    active: Annotated[int, meaning("Those of them that can be used.")]


class EndUserCounts(_Answer, frozen=True):
    __doc__ = "How many accounts are linked."

    total: Annotated[int, meaning("Accounts that were linked, whatever their status.")]
    systems: Annotated[list[SystemCount], meaning("The same by target system.")]

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
    __doc__ = "What can be linked."

    target_systems: Annotated[list[Target], meaning("What can be linked.")]


class TargetRequirements(_Answer, frozen=True, kw_only=True):
    __doc__ = "What registering an app at one target system takes."

    target_system: Annotated[Target, meaning("The target system.")]
    authentication: Annotated[
        Annotated[str, words("Authentication", "How accounts are linked.", "OAUTH2")],
        meaning("How accounts are linked."),
    ] = "OAUTH2"
    required: Annotated[tuple[str, ...], meaning("What /tenants/register-system needs.")] = (
        "clientId",
        "clientSecret",
    )
    custom_values: Annotated[list[str], meaning("Keys of the custom values it can't do without.")]
    redirect_uri: Annotated[str, meaning("To be registered with your app at the target system.")]
    default_scopes: Annotated[
        list[str], meaning("The scopes that are asked for unless your app says others.")
    ]


class TargetRequirementsList(_Answer, frozen=True):
    __doc__ = "What registering an app takes."

    target_systems: Annotated[list[TargetRequirements], meaning("What each target system takes.")]

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
    __doc__ = "How your pages look to your customers."

    code: Annotated[
        str,
        meaning("What /tenants/get-submission-page-style finds this style by."),
    ]
    name: Annotated[str | None, meaning("What customers know you by.")]
    logo_svg: Annotated[str | None, meaning("A data URI, for an <img> only.")]
    logo_png: Annotated[str | None, meaning("A data URI.")]
    background_color: Annotated[str | None, meaning("The colour of the page.")]
    title_color: Annotated[str | None, meaning("The colour of the title.")]
    text_color: Annotated[str | None, meaning("The colour of the text.")]
    input_background_color: Annotated[str | None, meaning("The colour of fields.")]
    submit_button_color: Annotated[str | None, meaning("The colour of the button that goes on.")]
    cancel_button_color: Annotated[str | None, meaning("The colour of the button that cancels.")]
    error_text_color: Annotated[str | None, meaning("The colour of complaints.")]

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
    __doc__ = "The secret that redirects and notices are signed with."

    signing_secret: Annotated[str, meaning("64 hex characters. Shown this once.")]
    whsec_secret: Annotated[str, meaning("The same secret as Standard Webhooks spells it.")]

    @classmethod
    def of(cls, secret: SigningSecret) -> "NewSigningSecret":
        return cls(signing_secret=secret.hex, whsec_secret=secret.whsec)
