"""The pages in Italian."""

from oauth.pages.texts import Texts
from oauth.topics import Topic

ITALIAN = Texts(
    language="it",
    title="{name} vuole collegarsi al suo conto {provider}",
    lead="Nulla viene condiviso prima del suo consenso presso {provider}.",
    uses_heading="Che cosa chiede {name}",
    topics={
        Topic.ORGANIZATION: "La sua azienda e i saldi dei suoi conti",
        Topic.CLIENT_INVOICES: "Le fatture ai suoi clienti",
        Topic.SUPPLIER_INVOICES: "Le fatture dei suoi fornitori",
        Topic.CLIENTS: "L’elenco dei suoi clienti",
        Topic.ATTACHMENTS: "Ricevute e file allegati",
        Topic.PRODUCTS: "L’elenco dei suoi prodotti",
        Topic.E_INVOICING: "Le impostazioni di fatturazione elettronica",
        Topic.MEMBERSHIPS: "Chi ha accesso alla sua azienda",
        Topic.PAYMENTS: "Pagamenti dai suoi conti",
        Topic.NOTIFICATIONS: "Avvisi di modifiche",
        Topic.LASTING_ACCESS: "Accesso duraturo",
    },
    reads="lettura",
    writes="lettura e modifica",
    notified="{name} viene avvisato quando questi dati cambiano.",
    lasting="L’accesso dura finché non lo revoca. Non le verrà chiesto ogni volta.",
    others="Inoltre, con il nome che gli dà {provider}:",
    payments="{name} può pagare i suoi beneficiari dai suoi conti. Lei approva ogni pagamento su "
    "{provider}, tranne quelli ai beneficiari che lì considera attendibili.",
    no_payments="Questo accesso non consente pagamenti.",
    sandbox_heading="Prima acceda all’ambiente di prova",
    sandbox_text="Questo collegamento serve per le prove. Apra l’app web sandbox in un’altra "
    "scheda di questo browser ed effettui l’accesso; poi torni qui e continui. Altrimenti il "
    "collegamento non riesce.",
    end_heading="Come revocare l’accesso",
    end_text="In qualsiasi momento: rimuova il collegamento tra le app collegate del suo conto "
    "{provider}, oppure chieda a {name} di rimuoverlo.",
    next_heading="Che cosa succede ora",
    next_text="Lei accede a {provider} e lì acconsente o rifiuta. {name} non vede mai la sua "
    "password. Poi torna qui.",
    button="Continua su {provider}",
    leave="Non si aspettava questa richiesta? Chiuda questa pagina. Nulla è stato collegato.",
    linked_title="Il collegamento è attivo",
    linked_text="Il suo conto {provider} è ora collegato a {name}.",
    linked_organization="Azienda collegata:",
    linked_next="Può chiudere questa pagina e tornare a {name}. Per revocare l’accesso in seguito, "
    "rimuova il collegamento tra le app collegate del suo conto {provider}, oppure lo chieda a "
    "{name}.",
    canceled_title="Il suo conto non è stato collegato",
    canceled_text="Lei non ha dato il consenso, quindi nulla è stato condiviso con {name}.",
    canceled_next="Può chiudere questa pagina. Se cambia idea, avvii di nuovo il collegamento.",
    failed_title="Il collegamento non è riuscito",
    failed_next="Torni all’applicazione da cui è arrivato e avvii di nuovo il collegamento. Se non "
    "basta, comunichi alla sua assistenza il codice qui sotto.",
    code_label="Codice per l’assistenza:",
    try_again="Ricominciare",
    unknown_reason="Qualcosa è andato storto lungo il percorso, e nulla è stato condiviso.",
    reasons={
        "STATE_INVALID": "Questo link non è stato avviato in questo browser, o il suo indirizzo è "
        "stato modificato.",
        "STATE_EXPIRED": "Questo link ha impiegato troppo tempo ed è scaduto.",
        "STATE_REPLAYED": "Questo link è già stato usato; ognuno vale una sola volta.",
        "PAGE_INVALID": "Questa pagina non esiste, o il suo indirizzo è stato modificato.",
        "PAGE_EXPIRED": "Questa pagina ha più di un giorno ed è scaduta.",
        "PAGE_USED": "Il collegamento a cui serve questa pagina è già stato attivato.",
        "ORGANIZATION_MISMATCH": "Ha scelto un’azienda diversa da quella collegata prima. "
        "Ricominci e scelga la stessa.",
        "STORAGE_UNAVAILABLE": "Non è stato ancora possibile salvare il collegamento. "
        "Attenda un minuto e ricarichi questa pagina; non serve "
        "ricominciare.",
        "REFERENCE_TAKEN": "Qui è già collegata un’altra azienda. Si rivolga all’assistenza "
        "dell’applicazione.",
        "PROVIDER_UNAVAILABLE": "Il servizio della banca non era raggiungibile. Attenda qualche "
        "minuto.",
    },
)
