"""The back office: a company's own invoices, quotes, credit notes and balance, at /api/qonto.

A door of an installation for one company alone, over the use cases that all doors share.
"""

from typing import Any

from connector.api.operation import Group
from connector.faces.backoffice.money import balance
from connector.faces.backoffice.office import SHELVES, BackOffice
from connector.faces.backoffice.reading import reading_operations
from connector.faces.backoffice.status import status
from connector.faces.backoffice.writing import service_quote, writing_operations

# /quotes/service comes before /quotes/{offerId}
OPERATIONS = (
    status,
    balance,
    service_quote(),
    *(one for shelf in SHELVES for one in reading_operations(shelf)),
    *(one for shelf in SHELVES for one in writing_operations(shelf)),
)

GROUPS: tuple[Group[BackOffice, Any], ...] = (Group(lambda office: office, OPERATIONS),)
