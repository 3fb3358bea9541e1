"""A page of 100 client invoices as Qonto writes them, about 4.6 kB each, always the same bytes."""

import json
from typing import Any

PER_PAGE = 100
TOTAL = 10_000


def page(invoices: int = PER_PAGE) -> bytes:
    """Write a page with so many invoices, out of a list of 10,000."""
    meta = {
        "current_page": 1,
        "next_page": 2,
        "prev_page": None,
        "total_pages": TOTAL // invoices,
        "total_count": TOTAL,
        "per_page": invoices,
    }
    body = {"client_invoices": [_invoice(number) for number in range(invoices)], "meta": meta}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _invoice(number: int) -> dict[str, Any]:
    lines = [_line(number * 5 + position) for position in range(5)]
    net = sum(line["subtotal_cents"] for line in lines)
    tax = sum(line["total_vat_cents"] for line in lines)
    is_paid = number % 3 == 0
    id = f"019d07ca-0001-7000-8000-{number:012d}"
    day = 1 + number % 28
    return {
        "id": id,
        "organization_id": "018f71db-c635-78b5-b90a-ea05de98c2bf",
        "attachment_id": f"019d07ca-aaaa-7000-8000-{number:012d}",
        "number": f"F-2026-{number:04d}",
        "purchase_order": f"PO-{number}",
        "status": "paid" if is_paid else "unpaid",
        "invoice_type": "standard",
        "quote_id": None,
        "invoice_url": f"https://pay.qonto.com/invoices/{id}",
        "contact_email": "owner@demo-conseil.example",
        "terms_and_conditions": "Paiement à 30 jours.",
        "discount_conditions": None,
        "late_payment_penalties": "Trois fois le taux légal.",
        "legal_fixed_compensation": "40 EUR",
        "header": "",
        "footer": "",
        "currency": "EUR",
        **_money("total_amount", net + tax),
        **_money("vat_amount", tax),
        "amount_paid": _amount(net + tax if is_paid else 0),
        "deposit_amount": None,
        "discount": None,
        "issue_date": f"2026-10-{day:02d}",
        "due_date": f"2026-12-{day:02d}",
        "performance_date": "",
        "performance_start_date": f"2026-09-{day:02d}",
        "performance_end_date": f"2026-10-{day:02d}",
        "created_at": f"2026-10-{day:02d}T10:15:{number % 60:02d}+02:00",
        "updated_at": f"2026-11-{day:02d}T10:15:{number % 60:02d}+01:00",
        "finalized_at": f"2026-10-{day:02d}T10:16:{number % 60:02d}+02:00",
        "paid_at": f"2026-11-{day:02d}T09:00:{number % 60:02d}+01:00" if is_paid else None,
        "stamp_duty_amount": "",
        "items": lines,
        "client": {
            "id": f"0199cd7b-0001-7000-8000-{number % 40:012d}",
            "name": "Atelier Lumière SARL",
            "type": "company",
            "email": "compta@atelier-lumiere.example",
            "vat_number": "FR44732829320",
            "tax_identification_number": "73282932000074",
            "address": f"{number} rue des Lilas",
            "city": "Lyon",
            "zip_code": "69001",
            "province_code": "",
            "country_code": "fr",
            "recipient_code": "",
            "locale": "fr",
            "billing_address": {
                "street_address": f"{number} rue des Lilas",
                "city": "Lyon",
                "zip_code": "69001",
                "province_code": None,
                "country_code": "FR",
            },
            "delivery_address": None,
        },
        "payment_methods": [
            {
                "type": "transfer",
                "beneficiary_name": "Demo Conseil SAS",
                "bic": "QNTOFRP1XXX",
                "iban": "FR7616958000010000000000042",
            }
        ],
        "credit_notes_ids": [],
        "organization": {
            "id": "018f71db-c635-78b5-b90a-ea05de98c2bf",
            "legal_name": "Demo Conseil SAS",
            "legal_number": "552100554",
            "legal_country": "FR",
            "address_line_1": "5 avenue de la Gare",
            "address_line_2": "",
            "address_zipcode": "75012",
            "address_city": "Paris",
            "address_country": "FR",
            "company_leadership": "",
            "district_court": "",
            "commercial_register_number": "",
            "vat_number": "FR53552100554",
            "tax_number": "",
            "legal_capital_share": {"value": "10000.00", "currency": "EUR"},
            "transaction_type": "services",
            "vat_payment_condition": "on_receipts",
        },
        "einvoicing_status": "submitted",
        "einvoicing_lifecycle_events": [
            {
                "status_code": 200,
                "reason": "",
                "reason_message": "",
                "timestamp": f"2026-10-{day:02d}T08:16:00.100Z",
            }
        ],
        "welfare_fund": None,
        "withholding_tax": None,
        "payment_reporting": None,
    }


def _line(number: int) -> dict[str, Any]:
    price, quantity = 4_900 + number * 37, 1 + number % 9
    net = price * quantity
    tax = net * (20, 10)[number % 2] // 100
    return {
        "title": ("Consulting", "Support", "Audit", "Design", "Licences")[number % 5],
        "description": "Au forfait",
        "quantity": str(quantity),
        "unit": "day",
        **_money("unit_price", price),
        "vat_rate": ("0.2", "0.1")[number % 2],
        "vat_exemption_reason": None,
        "discount": None,
        **_money("total_vat", tax),
        **_money("total_amount", net + tax),
        **_money("subtotal", net),
    }


def _money(name: str, cents: int) -> dict[str, Any]:
    return {name: _amount(cents), f"{name}_cents": cents}


def _amount(cents: int) -> dict[str, str]:
    return {"value": f"{cents // 100}.{cents % 100:02d}", "currency": "EUR"}
