"""The pages in German."""

from oauth.pages.texts import Texts
from oauth.topics import Topic

GERMAN = Texts(
    language="de",
    title="{name} möchte sich mit Ihrem {provider}-Konto verbinden",
    lead="Es wird nichts weitergegeben, bevor Sie bei {provider} zugestimmt haben.",
    uses_heading="Worum {name} bittet",
    topics={
        Topic.ORGANIZATION: "Ihr Unternehmen und seine Kontostände",
        Topic.CLIENT_INVOICES: "Rechnungen an Ihre Kunden",
        Topic.SUPPLIER_INVOICES: "Rechnungen Ihrer Lieferanten",
        Topic.CLIENTS: "Ihre Kundenliste",
        Topic.ATTACHMENTS: "Belege und angehängte Dateien",
        Topic.PRODUCTS: "Ihre Produktliste",
        Topic.E_INVOICING: "Ihre Einstellungen zu E-Rechnungen",
        Topic.MEMBERSHIPS: "Wer Zugang zu Ihrem Unternehmen hat",
        Topic.PAYMENTS: "Zahlungen von Ihren Konten",
        Topic.NOTIFICATIONS: "Nachricht von Änderungen",
        Topic.LASTING_ACCESS: "Dauerhafter Zugriff",
    },
    reads="lesen",
    writes="lesen und ändern",
    notified="{name} erfährt, wenn sich an diesen Daten etwas ändert.",
    lasting="Der Zugriff gilt, bis Sie ihn beenden. Sie werden nicht jedes Mal neu gefragt.",
    others="Außerdem, unter dem Namen, den {provider} dafür hat:",
    payments="{name} darf Ihre Empfänger von Ihren Konten bezahlen. Sie geben jede Zahlung bei "
    "{provider} frei, außer an Empfänger, denen Sie dort vertrauen.",
    no_payments="Zahlungen sind mit diesem Zugriff nicht möglich.",
    sandbox_heading="Melden Sie sich zuerst in der Testumgebung an",
    sandbox_text="Diese Verbindung dient zum Testen. Öffnen Sie die Sandbox-Web-App in einem "
    "anderen Tab dieses Browsers und melden Sie sich dort an. Kommen Sie dann hierher zurück und "
    "fahren Sie fort. Sonst schlägt die Verbindung fehl.",
    end_heading="So beenden Sie den Zugriff",
    end_text="Jederzeit: Entfernen Sie die Verbindung unter den verbundenen Apps in Ihrem "
    "{provider}-Konto, oder bitten Sie {name}, sie zu entfernen.",
    next_heading="So geht es weiter",
    next_text="Sie melden sich bei {provider} an und stimmen dort zu oder lehnen ab. {name} sieht "
    "Ihr Passwort nie. Danach kommen Sie zurück.",
    button="Weiter zu {provider}",
    leave="Sie haben das nicht erwartet? Schließen Sie diese Seite. Es wurde nichts verbunden.",
    linked_title="Die Verbindung steht",
    linked_text="Ihr {provider}-Konto ist jetzt mit {name} verbunden.",
    linked_organization="Verbundenes Unternehmen:",
    linked_next="Sie können diese Seite schließen und zu {name} zurückkehren. Um den Zugriff "
    "später zu beenden, entfernen Sie die Verbindung unter den verbundenen Apps in Ihrem "
    "{provider}-Konto, oder bitten Sie {name} darum.",
    canceled_title="Ihr Konto wurde nicht verbunden",
    canceled_text="Sie haben nicht zugestimmt. Es wurde nichts an {name} weitergegeben.",
    canceled_next="Sie können diese Seite schließen. Wenn Sie es sich anders überlegen, beginnen "
    "Sie die Verbindung noch einmal.",
    failed_title="Die Verbindung kam nicht zustande",
    failed_next="Gehen Sie zurück zu der Anwendung, aus der Sie kamen, und beginnen Sie die "
    "Verbindung noch einmal. Wenn das nicht hilft, nennen Sie deren Support den Code unten.",
    code_label="Code für den Support:",
    try_again="Noch einmal beginnen",
    unknown_reason="Unterwegs ist etwas schiefgegangen, und es wurde nichts weitergegeben.",
    reasons={
        "STATE_INVALID": "Dieser Link wurde nicht in diesem Browser begonnen, oder seine Adresse "
        "wurde verändert.",
        "STATE_EXPIRED": "Dieser Link hat zu lange gedauert und ist abgelaufen.",
        "STATE_REPLAYED": "Dieser Link wurde schon benutzt; jeder gilt nur einmal.",
        "PAGE_INVALID": "Diese Seite gibt es nicht, oder ihre Adresse wurde verändert.",
        "PAGE_EXPIRED": "Diese Seite ist älter als ein Tag und ist abgelaufen.",
        "PAGE_USED": "Die Verbindung, für die diese Seite da ist, besteht bereits.",
        "ORGANIZATION_MISMATCH": "Sie haben ein anderes Unternehmen gewählt als das bisher "
        "verbundene. Beginnen Sie noch einmal und wählen Sie dasselbe.",
        "STORAGE_UNAVAILABLE": "Die Verbindung konnte noch nicht gespeichert werden. Warten "
        "Sie eine Minute und laden Sie diese Seite neu; Sie müssen "
        "nicht von vorn beginnen.",
        "REFERENCE_TAKEN": "An dieser Stelle ist schon eine andere Firma verbunden. Fragen Sie den"
        " Support der Anwendung.",
        "PROVIDER_UNAVAILABLE": "Der Dienst der Bank war nicht erreichbar. Warten Sie ein paar "
        "Minuten.",
    },
)
