"""The linked organisation as a unified company."""

from connector.providers.qonto.documents.bank import Organization
from connector.providers.qonto.mapping.calendar import Calendar
from connector.providers.qonto.mapping.notes import Notes
from connector.unified.company import Company
from connector.unified.mapped import Mapped


def map_company(document: Organization, calendar: Calendar) -> Mapped[Company]:
    """Say the organisation in the unified model, by its legal name, else its trade name.

    Qonto has neither environments nor the numbers of clients and consultants.
    """
    del calendar
    notes = Notes("company", document)
    company = Company(
        id=notes.id,
        name=notes.text(document.legal_name) or notes.text(document.name),
        environment_id=None,
        client_number=None,
        consultant_number=None,
        subscription=(),
    )
    return Mapped(company, tuple(notes.warnings))
