"""A design workshop in Barcelona, which numbers its documents by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from qonto_simulator import identifiers
from qonto_simulator.records.organisation import Address, NumberStyles

from . import identities
from .model import (
    Company,
    Customer,
    Person,
    Rates,
    Scenery,
    Shops,
    Supplier,
    Suppliers,
    Texts,
)

_CIF = identifiers.spanish_cif("B", "6621487")
_PRINTS, _CELLAR = identifiers.spanish_cif("A", "5881850"), identifiers.spanish_cif("B", "4307215")


def _supplier(name: str, serial: int, email: str = "", tag: str = "other_service") -> Supplier:
    return identities.supplier("ES", name, serial, email=email, tag=tag)


_COMPANY = Company(
    slug="taller-poblenou-5512",
    name="Taller Poblenou",
    legal_name="Taller Poblenou S.L.",
    legal_number=_CIF,
    legal_form="SL",
    sector="7410",
    registered=date(2022, 9, 5),
    capital=3_000,
    address=Address("Carrer de Pujades 102", "Barcelona", "08005", "ES", "B"),
    locale="es",
    vat_number=f"ES{_CIF}",
    bic="QNTOESB2XXX",
    ibans=(
        identifiers.iban("ES", identifiers.spanish_account("6888", "0001", f"{4_021_300:010d}")),
    ),
    accounts=(("Cuenta principal", Decimal("6204.85")),),
    people=(
        Person(
            "Claire",
            "Moreau",
            "claire.moreau@ateliermercure.example",
            "+33612345678",
            "Socia",
            "owner",
        ),
        Person(
            "Marta",
            "Soler",
            "marta.soler@gestoriasoler.example",
            "+34612345098",
            "Asesora fiscal",
            "accountant",
        ),
        Person(
            "Pau",
            "Riera",
            "pau.riera@tallerpoblenou.example",
            "+34688112233",
            "Diseñador",
            "employee",
            1,
        ),
    ),
    teams=("Dirección", "Taller"),
    numbers=NumberStyles(
        "{short}/{position:04d}", "P{short}/{position:04d}", "R{short}/{position:04d}"
    ),
    automatic_numbering=False,
)

SPAIN = Scenery(
    company=_COMPANY,
    customers=(
        Customer(
            "Gràfiques Montseny S.A.",
            "facturas@montseny.example",
            Address("Carrer Major 14", "Girona", "17001", "ES", "GI"),
            "es",
            f"ES{_PRINTS}",
            _PRINTS,
            ("+34", "972200110"),
            *identities.account("ES", 31),
        ),
        Customer(
            "Bodegas Peñaclara S.L.",
            "administracion@penaclara.example",
            Address("Avenida de la Paz 31", "Logroño", "26004", "ES", "LO"),
            "es",
            f"ES{_CELLAR}",
            _CELLAR,
            ("+34", "941220330"),
            *identities.account("ES", 32),
        ),
    ),
    person=Customer(
        "",
        "nuria@vidal.example",
        Address("Carrer de la Marina 88", "Barcelona", "08018", "ES", "B"),
        "es",
        first_name="Núria",
        last_name="Vidal",
    ),
    prospect="Nuevo Contacto",
    suppliers=Suppliers(
        stationer=_supplier(
            "Papelería Sant Pau", 1, "pedidos@papeleriasantpau.example", "office_supply"
        ),
        hosting=_supplier(
            "Nube Alta Hosting S.L.", 2, "facturas@nubealta.example", "online_service"
        ),
        craftsman=_supplier("Fusteria Puig", 3, "taller@fusteriapuig.example", "manufacturing"),
        adviser=_supplier(
            "Gestoría Roca", 4, "despacho@gestoriaroca.example", "legal_and_accounting"
        ),
        taxi=_supplier("Taxi Eixample", 5, tag="transport"),
        agency=_supplier("Agencia Garbí", 6, "cuentas@garbi.example", "marketing"),
        printer=_supplier("Imprenta Ferrer", 7, "hola@imprentaferrer.example", "marketing"),
        town_hall=_supplier("Ajuntament de Barcelona", 8, tag="tax"),
        energy=_supplier("Energía Clara S.A.", 9, "empresas@energiaclara.example", "utility"),
        landlord=_supplier(
            "Lofts Poblenou S.L.", 10, "alquiler@loftspoblenou.example", "office_rental"
        ),
        newcomer=_supplier("Nuevo Proveedor", 11, "hola@nuevoproveedor.example"),
    ),
    shops=Shops("Forn Vilaró", "Renfe", "Galeria del Born", "Pluma Software"),
    rates=Rates("0.21", "0.1", "0.21", "S69"),
    texts=Texts(
        audit="Auditoría",
        workshop="Jornada de trabajo",
        training="Formación",
        training_off="Formación cancelada",
        concept="Concepto",
        travel="Desplazamiento",
        travel_off="Desplazamiento no realizado",
        licences="Licencias",
        research="Investigación",
        prototype="Prototipo",
        portrait="Retrato",
        prints="Copias",
        support="Soporte",
        consulting="Consultoría",
        study="Estudio de diseño",
        poster="Cartel",
        payable="Pago a {days} días.",
        quote_terms="Presupuesto válido 30 días.",
        labels=("Proyectos", "Desplazamientos", "Proyecto Aurora"),
        opening="Traspaso de la cuenta anterior",
        put_aside="Reserva",
        rent="Alquiler",
        thanks="Gracias",
        duplicate="Recibida dos veces",
        declined="Demasiado caro, pida un presupuesto",
        client_trip="Viaje al cliente",
        reminder=("Su factura vence pronto", "Recordatorio: factura vencida"),
        payment_plan="Cuota de la financiación",
    ),
)
