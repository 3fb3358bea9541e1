"""The pages in Spanish."""

from oauth.pages.texts import Texts
from oauth.topics import Topic

SPANISH = Texts(
    language="es",
    title="{name} quiere conectarse a su cuenta de {provider}",
    lead="No se comparte nada antes de que usted dé su consentimiento en {provider}.",
    uses_heading="Qué solicita {name}",
    topics={
        Topic.ORGANIZATION: "Su empresa y los saldos de sus cuentas",
        Topic.CLIENT_INVOICES: "Las facturas a sus clientes",
        Topic.SUPPLIER_INVOICES: "Las facturas de sus proveedores",
        Topic.CLIENTS: "Su lista de clientes",
        Topic.ATTACHMENTS: "Justificantes y archivos adjuntos",
        Topic.PRODUCTS: "Su lista de productos",
        Topic.E_INVOICING: "Sus ajustes de facturación electrónica",
        Topic.MEMBERSHIPS: "Quién tiene acceso a su empresa",
        Topic.PAYMENTS: "Pagos desde sus cuentas",
        Topic.NOTIFICATIONS: "Avisos de cambios",
        Topic.LASTING_ACCESS: "Acceso duradero",
    },
    reads="lectura",
    writes="lectura y modificación",
    notified="{name} recibe un aviso cuando estos datos cambian.",
    lasting="El acceso dura hasta que usted lo retire. No se le preguntará cada vez.",
    others="Además, con el nombre que le da {provider}:",
    payments="{name} puede pagar a sus beneficiarios desde sus cuentas. Usted aprueba cada pago en "
    "{provider}, salvo a los beneficiarios en los que confía allí.",
    no_payments="Este acceso no permite realizar pagos.",
    sandbox_heading="Primero inicie sesión en el entorno de pruebas",
    sandbox_text="Esta conexión es para pruebas. Abra la aplicación web sandbox en otra pestaña de "
    "este navegador e inicie sesión allí; después vuelva aquí y continúe. De lo contrario, la "
    "conexión falla.",
    end_heading="Cómo retirar el acceso",
    end_text="En cualquier momento: elimine la conexión entre las aplicaciones conectadas de su "
    "cuenta de {provider}, o pida a {name} que la elimine.",
    next_heading="Qué ocurre a continuación",
    next_text="Usted inicia sesión en {provider} y allí acepta o rechaza. {name} nunca ve su "
    "contraseña. Después regresa.",
    button="Continuar a {provider}",
    leave="¿No esperaba esto? Cierre esta página. No se ha conectado nada.",
    linked_title="La conexión está hecha",
    linked_text="Su cuenta de {provider} está ahora conectada con {name}.",
    linked_organization="Empresa conectada:",
    linked_next="Puede cerrar esta página y volver a {name}. Para retirar el acceso más adelante, "
    "elimine la conexión entre las aplicaciones conectadas de su cuenta de {provider}, o pídaselo "
    "a {name}.",
    canceled_title="Su cuenta no se ha conectado",
    canceled_text="Usted no dio su consentimiento, así que no se compartió nada con {name}.",
    canceled_next="Puede cerrar esta página. Si cambia de opinión, inicie la conexión de nuevo.",
    failed_title="No se pudo hacer la conexión",
    failed_next="Vuelva a la aplicación de la que venía e inicie la conexión de nuevo. Si eso no "
    "ayuda, indique a su servicio de asistencia el código que aparece abajo.",
    code_label="Código para la asistencia:",
    try_again="Empezar de nuevo",
    unknown_reason="Algo salió mal por el camino, y no se compartió nada.",
    reasons={
        "STATE_INVALID": "Este enlace no se inició en este navegador, o su dirección fue "
        "modificada.",
        "STATE_EXPIRED": "Este enlace tardó demasiado y ha caducado.",
        "STATE_REPLAYED": "Este enlace ya se utilizó; cada uno sirve una sola vez.",
        "PAGE_INVALID": "Esta página no existe, o su dirección fue modificada.",
        "PAGE_EXPIRED": "Esta página tiene más de un día y ha caducado.",
        "PAGE_USED": "La conexión para la que sirve esta página ya se hizo.",
        "ORGANIZATION_MISMATCH": "Ha elegido una empresa distinta de la conectada antes. Empiece "
        "de nuevo y elija la misma.",
        "STORAGE_UNAVAILABLE": "La conexión aún no se pudo guardar. Espere un minuto y "
        "vuelva a cargar esta página; no hace falta empezar de nuevo.",
        "REFERENCE_TAKEN": "Aquí ya está conectada otra empresa. Pregunte al soporte de la "
        "aplicación.",
        "PROVIDER_UNAVAILABLE": "No se pudo contactar con el servicio del banco. Espere unos "
        "minutos.",
    },
)
