"""The target systems `qonto` and `qonto-sandbox`: hosts, scopes, and who linked.

Qonto's documentation: Authentication (OAuth flow, Available scopes, Sandbox), Organizations.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connector.budget import RateBudget
from connector.errors import (
    AccessRefused,
    DocumentNotFound,
    DownstreamForbidden,
    DownstreamRefused,
    IdentityUnknown,
)
from connector.file_store import FileStore
from connector.http import FixedAccess, Limits, Observe, ProviderCall, ProviderClient, ignore
from connector.listing.records import DocumentPage
from connector.pass_through import Mode
from connector.providers.qonto.client import (
    CLIENT_INVOICES,
    READ_MEMBERSHIP,
    READ_ORGANIZATION,
    SUBSCRIPTIONS,
    SUPPLIER_INVOICES,
    WEBHOOK,
    QontoClient,
    QontoEndpoint,
    dialect,
)
from connector.providers.qonto.concepts import CONCEPTS
from connector.providers.qonto.documents.bank import Organization, accounts_of
from connector.providers.qonto.paying.closing import QontoClosing
from connector.providers.qonto.paying.transfers import QontoTransfers
from connector.providers.qonto.paying.trust import QontoTrust
from connector.providers.qonto.session import QontoChanges, QontoWebhooks, qonto_readers
from connector.providers.qonto.session.copies import QontoRecords
from connector.providers.qonto.session.downloads import QontoFiles
from connector.providers.qonto.session.pass_through import QontoPassThrough
from connector.providers.qonto.session.profiles import QontoProfiles
from connector.providers.qonto.writing import qonto_writers
from connector.providers.qonto.writing.bills import BILL_BATCHES
from connector.providers.qonto.writing.customers import CONTACTS_ARE_CUSTOMERS
from connector.providers.qonto.writing.e_invoicing import QontoEInvoicing
from connector.providers.qonto.writing.files import FileUpload
from connector.providers.qonto.writing.proposals import Proposals
from connector.providers.qonto.writing.surroundings import Surroundings
from connector.registry import Provider
from connector.transport.client import ProviderHttp
from oauth.errors import SandboxTokenMissing
from oauth.ports import Identity, OAuthSpec
from oauth.tokens import Access, AccessSource
from oauth.topics import Topic, Use
from storage.clock import Clock, system_clock

STAGING_TOKEN = "stagingToken"  # noqa: S105 - the name of a custom value, not the token
STAGING_HEADER = "X-Qonto-Staging-Token"

DEFAULT_SCOPES = (
    "offline_access",
    "webhook",
    "client_invoices.read",
    "supplier_invoice.read",
    "attachment.read",
    "client.read",
)
"""What reading and webhooks need, and nothing Qonto treats as sensitive."""

MAESN_SCOPES = (
    "offline_access",
    "organization.read",
    "attachment.write",
    "supplier_invoice.read",
    "supplier_invoice.write",
    "client_invoices.read",
    "client_invoice.write",
    "client.read",
    "client.write",
    "webhook",
)
"""What an app made for Maesn asks for, spelled as Qonto accepts it (`client_invoice.write`)."""

FULL_SCOPES = (
    "offline_access",
    "webhook",
    "organization.read",
    "bank_account.write",
    "membership.read",
    "membership.write",
    "attachment.read",
    "attachment.write",
    "client.read",
    "client.write",
    "client_invoices.read",
    "client_invoice.write",
    "supplier_invoice.read",
    "supplier_invoice.write",
    "product.read",
    "product.write",
    "einvoicing.read",
)
"""Everything but payments, cards and teams; parts of it need Qonto's review."""

PAYMENT_SCOPES = (*FULL_SCOPES, "payment.write", "request_transfers.write")
"""Payments as well, for vendors that may pay; Qonto reviews why an app wants it."""


SCOPE_MEANINGS = {
    "offline_access": Use(Topic.LASTING_ACCESS),
    "webhook": Use(Topic.NOTIFICATIONS),
    "organization.read": Use(Topic.ORGANIZATION),
    "bank_account.write": Use(Topic.ORGANIZATION, writes=True),
    "membership.read": Use(Topic.MEMBERSHIPS),
    "membership.write": Use(Topic.MEMBERSHIPS, writes=True),
    "attachment.read": Use(Topic.ATTACHMENTS),
    "attachment.write": Use(Topic.ATTACHMENTS, writes=True),
    "client.read": Use(Topic.CLIENTS),
    "client.write": Use(Topic.CLIENTS, writes=True),
    "client_invoices.read": Use(Topic.CLIENT_INVOICES),
    "client_invoice.write": Use(Topic.CLIENT_INVOICES, writes=True),
    "supplier_invoice.read": Use(Topic.SUPPLIER_INVOICES),
    "supplier_invoice.write": Use(Topic.SUPPLIER_INVOICES, writes=True),
    "product.read": Use(Topic.PRODUCTS),
    "product.write": Use(Topic.PRODUCTS, writes=True),
    "einvoicing.read": Use(Topic.E_INVOICING),
    "payment.write": Use(Topic.PAYMENTS, writes=True),
    "request_transfers.write": Use(Topic.PAYMENTS, writes=True),
    "beneficiary.trust": Use(Topic.PAYMENTS, writes=True),
}
"""What the link page says of each scope; one that isn't here is shown by its name."""


def _look(endpoint: QontoEndpoint[Any]) -> ProviderCall:
    path = endpoint.path
    return ProviderCall("GET", path, path, params=(("per_page", "1"),), scope=endpoint.scope)


_LOOKS = (
    ProviderCall("GET", "/v2/organization", "/v2/organization", scope=READ_ORGANIZATION),
    ProviderCall("GET", "/v2/membership", "/v2/membership", scope=READ_MEMBERSHIP),
    *(_look(endpoint) for endpoint in (CLIENT_INVOICES, SUPPLIER_INVOICES, SUBSCRIPTIONS)),
)
"""Calls that show whether an access still is taken, the cheapest first; they change nothing."""


@dataclass(frozen=True, slots=True)
class QontoHosts:
    """Addresses of the API and of the authorisation server, without a trailing slash."""

    api: str
    oauth: str


PRODUCTION = QontoHosts(api="https://thirdparty.qonto.com", oauth="https://oauth.qonto.com")
SANDBOX = QontoHosts(
    api="https://thirdparty-sandbox.staging.qonto.co",
    oauth="https://oauth-sandbox.staging.qonto.co",
)


class QontoSystem:
    """What Qonto offers to linking; one instance for production, one for the sandbox.

    `identify_callback_url` is a public https address under which a subscription may be made and
    deleted at once, to learn the organisation where no scope that tells it was granted.
    `pass_through_mode` is what vendors may do in Qonto's own words.
    """

    def __init__(
        self,
        target: str,
        hosts: QontoHosts,
        http: ProviderHttp,
        *,
        is_sandbox: bool,
        identify_callback_url: str | None = None,
        limits: Limits | None = None,
        budget: RateBudget | None = None,
        observe: Observe = ignore,
        clock: Clock = system_clock,
        pass_through_mode: Mode = "read",  # noqa: S107
    ) -> None:
        self._target = target
        self._hosts = hosts
        self._http = http
        self._is_sandbox = is_sandbox
        self._identify_callback_url = identify_callback_url
        self._limits = limits
        self._budget = budget
        self._observe = observe
        self._clock = clock
        self._pass_through_mode: Mode = pass_through_mode

    @property
    def target(self) -> str:
        return self._target

    @property
    def oauth(self) -> OAuthSpec:
        """The endpoints and scopes, with the presets `default`, `maesn` and `full`."""
        base = self._hosts.oauth.rstrip("/")
        return OAuthSpec(
            authorize_url=f"{base}/oauth2/auth",
            token_url=f"{base}/oauth2/token",
            revoke_url=f"{base}/oauth2/revoke",
            default_scopes=DEFAULT_SCOPES,
            scope_presets={
                "default": DEFAULT_SCOPES,
                "maesn": MAESN_SCOPES,
                "full": FULL_SCOPES,
                "payments": PAYMENT_SCOPES,
            },
            display_name="Qonto",
            scope_meanings=SCOPE_MEANINGS,
            log_in_first=self._is_sandbox,
        )

    def extra_headers(self, values: Mapping[str, str]) -> dict[str, str]:
        """The staging token's header for the sandbox, nothing for production.

        Raises SandboxTokenMissing when the sandbox's token has not been registered.
        """
        if not self._is_sandbox:
            return {}
        token = values.get(STAGING_TOKEN)
        if not token:
            raise SandboxTokenMissing(
                f"{self._target} needs a staging token. Register it as the custom value "
                f"{STAGING_TOKEN}."
            )
        return {STAGING_HEADER: token}

    def api_key_authorization(self, login: str, secret: str) -> str:
        """Qonto takes slug and secret as they are, with no scheme before them."""
        return f"{login}:{secret}"

    def requirements(self) -> tuple[str, ...]:
        return (STAGING_TOKEN,) if self._is_sandbox else ()

    async def identify(self, access: Access) -> Identity:
        """Learn who linked, from the first of these that the scopes allow and that tells it.

        The organisation (with its name); an invoice, sent or received, which carries the
        organisation's id; a webhook subscription, made and deleted. The membership is added where
        it can be read. Raises IdentityUnknown when nothing tells.
        """
        client = QontoClient(self._provider_client(FixedAccess(access)))
        granted = _granted(access)
        membership_id = await _membership_of(client, granted)
        if READ_ORGANIZATION in granted:
            organization = await client.organization("")
            if organization.id:
                name = organization.legal_name or organization.name or None
                return Identity(organization.id, name, membership_id, _open_ibans(organization))
        organization_id = await _organization_on_documents(client, granted)
        if organization_id is not None:
            return Identity(organization_id, None, membership_id)
        if WEBHOOK in granted and self._identify_callback_url is not None:
            return await self._identify_by_subscription(client, self._identify_callback_url)
        raise IdentityUnknown(
            "The granted scopes don't tell which organisation was linked. Add organization.read, "
            "or webhook, to the scopes of this target system and link again."
        )

    async def accepts(self, access: Access) -> bool:
        """Say whether Qonto still takes an access: every refusal but 401 comes after it was taken.

        Raises IdentityUnknown where no scope allows a look, and what calls do that come to nothing.
        """
        granted = _granted(access)
        look = next((call for call in _LOOKS if call.scope in granted), None)
        if look is None:
            raise IdentityUnknown(
                "The granted scopes don't allow a look at whether they still hold."
            )
        try:
            await self._provider_client(FixedAccess(access)).send("", look)
        except AccessRefused:
            return False
        except (DownstreamRefused, DocumentNotFound):
            return True
        return True

    async def end_consent(self, access: Access) -> bool:
        """Take the consent back, which `organization.read` allows; False without it.

        Authentication, "Revoke OAuth 2.0 consents".
        """
        if access.scopes is None or READ_ORGANIZATION not in access.scopes:
            return False
        client = QontoClient(self._provider_client(FixedAccess(access)))
        await client.end_consent("")
        return True

    def provider(self, access: AccessSource) -> Provider:
        """Put together what this target system offers once accounts are linked."""
        calls = self._provider_client(access)
        client = QontoClient(calls)
        around = Surroundings(client)
        transfers = QontoTransfers(client, access, self._clock)
        network = QontoEInvoicing(client, around, self._is_sandbox)
        files = QontoFiles(
            calls,
            access,
            self._file_store(),
            self._clock,
            store_headers=(STAGING_HEADER,) if self._is_sandbox else (),
        )
        return Provider(
            target=self._target,
            system=self,
            readers=qonto_readers(client, access, self._clock),
            webhooks=QontoWebhooks(client, access),
            changes=QontoChanges(client, access),
            records=QontoRecords(client, access, files, self._clock),
            files=files,
            profiles=QontoProfiles(calls, access, self._clock, is_sandbox=self._is_sandbox),
            pass_through=QontoPassThrough(calls, self._pass_through_mode),
            e_invoicing=network,
            writers=qonto_writers(client, self._clock, around, network),
            counted_as=CONTACTS_ARE_CUSTOMERS,
            batches=BILL_BATCHES,
            arrivals=FileUpload(client),
            proposals=Proposals(client, self._clock, around),
            payments=transfers,
            trust=QontoTrust(client, access, transfers),
            closing=QontoClosing(client, access, transfers, self._clock, around.forget),
            concepts=CONCEPTS,
        )

    def _file_store(self) -> FileStore:
        return FileStore(
            self._http,
            "Qonto",
            plain_http=self._hosts.api.startswith("http://"),
            gated=self._is_sandbox,
            observe=self._observe,
        )

    def _provider_client(self, access: AccessSource) -> ProviderClient:
        return ProviderClient(
            self._http,
            access,
            self._hosts.api,
            dialect(gated=self._is_sandbox),
            limits=self._limits,
            budget=self._budget,
            observe=self._observe,
            clock=self._clock,
        )

    async def _identify_by_subscription(self, client: QontoClient, callback_url: str) -> Identity:
        made = await client.subscribe("", callback_url, None, ("v1/consent-revocations",))
        if made.id:
            await client.unsubscribe("", made.id)
        if not made.organization_id:
            raise IdentityUnknown("Qonto did not say which organisation was linked. Link again.")
        return Identity(made.organization_id, None, made.membership_id or None)


def qonto(
    http: ProviderHttp,
    *,
    hosts: QontoHosts = PRODUCTION,
    identify_callback_url: str | None = None,
    limits: Limits | None = None,
    budget: RateBudget | None = None,
    observe: Observe = ignore,
    clock: Clock = system_clock,
    pass_through_mode: Mode = "read",  # noqa: S107
) -> QontoSystem:
    """Make the target system `qonto`."""
    return QontoSystem(
        "qonto",
        hosts,
        http,
        is_sandbox=False,
        identify_callback_url=identify_callback_url,
        limits=limits,
        budget=budget,
        observe=observe,
        clock=clock,
        pass_through_mode=pass_through_mode,
    )


def qonto_sandbox(
    http: ProviderHttp,
    *,
    hosts: QontoHosts = SANDBOX,
    identify_callback_url: str | None = None,
    limits: Limits | None = None,
    budget: RateBudget | None = None,
    observe: Observe = ignore,
    clock: Clock = system_clock,
    pass_through_mode: Mode = "read",  # noqa: S107
) -> QontoSystem:
    """Make the target system `qonto-sandbox`, whose every call needs a staging token."""
    return QontoSystem(
        "qonto-sandbox",
        hosts,
        http,
        is_sandbox=True,
        identify_callback_url=identify_callback_url,
        limits=limits,
        budget=budget,
        observe=observe,
        clock=clock,
        pass_through_mode=pass_through_mode,
    )


def _open_ibans(organization: Organization) -> tuple[str, ...]:
    found = (one.document for one in accounts_of(organization) if one.document is not None)
    return tuple(
        one.iban.replace(" ", "").upper() for one in found if one.iban and one.status != "closed"
    )


def _granted(access: Access) -> frozenset[str]:
    """Scopes to go by; a credential without scopes (an API key) may read the organisation."""
    return frozenset({READ_ORGANIZATION}) if access.scopes is None else access.scopes


async def _membership_of(client: QontoClient, granted: frozenset[str]) -> str | None:
    if READ_MEMBERSHIP not in granted:
        return None
    try:
        return (await client.membership("")).id or None
    except DownstreamForbidden:
        return None  # a nicety: who the person is doesn't decide which organisation was linked


async def _organization_on_documents(client: QontoClient, granted: frozenset[str]) -> str | None:
    looks: tuple[QontoEndpoint[Any], ...] = (CLIENT_INVOICES, SUPPLIER_INVOICES)
    for endpoint in looks:
        if endpoint.scope not in granted:
            continue
        try:
            found = _organization_of(await client.page("", endpoint, per_page=1))
        except DownstreamForbidden:
            continue  # the price plan may exclude one of them
        if found is not None:
            return found
    return None


def _organization_of(page: DocumentPage[Any]) -> str | None:
    for record in page.records:
        if record.document is not None and record.document.organization_id:
            return record.document.organization_id
    return None
