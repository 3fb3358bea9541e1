"""Whether Qonto can send through the e-invoicing network, and whether a customer is on it."""

from dataclasses import dataclass

import msgspec

from connector.errors import DownstreamForbidden, DownstreamRefused
from connector.http import ProviderCall
from connector.providers.qonto.client import QontoClient
from connector.providers.qonto.writing.surroundings import Surroundings
from connector.writing.problems import Problems

READ_SETTINGS = "einvoicing.read"
_PATH = "/v2/einvoicing/settings"


class _Settings(msgspec.Struct, frozen=True):
    sending_status: str | None = None


@dataclass(frozen=True)
class QontoEInvoicing:
    """What stands against sending; the sandbox has no network at all."""

    client: QontoClient
    around: Surroundings
    is_sandbox: bool

    async def obstacles(
        self, account_id: str, customer_id: str | None
    ) -> tuple[tuple[str, str, str], ...]:
        """Return them as EInvoicing says."""
        if self.is_sandbox:
            return (("asEInvoice", "NO_NETWORK", "Qonto's sandbox has no e-invoicing network."),)
        status = await self._sending_status(account_id)
        if status not in (None, "enabled"):
            return (
                (
                    "asEInvoice",
                    "E_INVOICING_OFF",
                    f"The organisation's e-invoicing is {status}: activate it in Qonto's app.",
                ),
            )
        if customer_id is None:
            return ()
        self.around.forget(account_id, customer_id)
        customer = await self.around.customer(account_id, customer_id, Problems())
        if customer is None or customer.e_invoicing_reachable is not False:
            return ()
        return (
            (
                "contactId",
                "NOT_REACHABLE",
                "The customer can't be reached through the e-invoicing network: give it a "
                "registered eInvoicingAddress, or send the invoice by e-mail.",
            ),
        )

    async def _sending_status(self, account_id: str) -> str | None:
        """Return the setting; None where the consent doesn't show it."""
        call = ProviderCall("GET", _PATH, _PATH, scope=READ_SETTINGS)
        try:
            answer = await self.client.call(account_id, call)
        except (DownstreamForbidden, DownstreamRefused):
            return None
        try:
            return msgspec.json.decode(answer.body, type=_Settings).sending_status
        except msgspec.MsgspecError:
            return None
