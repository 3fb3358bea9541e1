"""The control calls in one place."""

from __future__ import annotations

from .approvals import Approvals
from .conditions import Conditions
from .consent import Consent
from .deliveries import Deliveries
from .einvoices import EInvoices
from .payees import Payees
from .people import People
from .purchases import Purchases
from .requests import Requests
from .sales import Sales
from .series import Series
from .traffic import Traffic
from .transfers import Transfers


class Control(
    Sales,
    Series,
    Purchases,
    EInvoices,
    Payees,
    Transfers,
    Requests,
    People,
    Consent,
    Deliveries,
    Traffic,
    Approvals,
    Conditions,
):
    """The Python twin of ``/_simulator``.

    Documents go out as Qonto's API writes them. Unknown ids raise ``KeyError``, impossible values
    ``ValueError``; what Qonto itself would refuse raises ``ApiError``. Call it from the thread of
    the event loop that the simulator runs in.
    """
