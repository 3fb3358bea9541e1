"""What the page says on which a person lets an assistant in, in each language.

`{client}` is what the client calls itself, `{place}` where the browser goes on to.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentTexts:
    """Every sentence of the page, in one language."""

    language: str
    title: str
    lead: str
    reads: str
    writes: str
    goes_to: str
    keys_heading: str
    keys_text: str
    api_key: str
    account_key: str
    ends: str
    allow: str
    deny: str
    wrong_keys: str
    only_reads: str
    failed_title: str
    failed_text: str


_ENGLISH = ConsentTexts(
    language="en",
    title="Let {client} work with a Qonto account?",
    lead="Go on only if you have just asked for it there. A client chooses its name itself.",
    reads="It may read invoices, bills, customers, products and what moved on bank accounts.",
    writes="It may also make, change and send documents",
    goes_to="Your browser then goes on to {place}.",
    keys_heading="Which account",
    keys_text="Whoever runs this service has both keys. {client} isn't told them.",
    api_key="API key",
    account_key="Account key",
    ends="This ends after 90 days, or as soon as one of the keys ends.",
    allow="Allow",
    deny="Don't allow",
    wrong_keys="These keys aren't known, or don't belong together. Check both.",
    only_reads="This API key may only read. Take the tick out, or use another key.",
    failed_title="This page can't be used any more",
    failed_text="Begin again where you came from. Nothing was allowed.",
)
_FRENCH = ConsentTexts(
    language="fr",
    title="Laisser {client} utiliser un compte Qonto ?",
    lead="Continuez seulement si vous venez de le demander. Un client choisit lui-même son nom.",
    reads="Il pourra lire factures, clients, produits et mouvements des comptes bancaires.",
    writes="Il pourra aussi créer, modifier et envoyer des documents",
    goes_to="Votre navigateur ira ensuite sur {place}.",
    keys_heading="Quel compte",
    keys_text="L'exploitant de ce service a les deux clés. {client} ne les reçoit pas.",
    api_key="Clé API",
    account_key="Clé du compte",
    ends="L'accès prend fin après 90 jours, ou dès que l'une des clés prend fin.",
    allow="Autoriser",
    deny="Refuser",
    wrong_keys="Ces clés sont inconnues ou ne vont pas ensemble. Vérifiez les deux.",
    only_reads="Cette clé API permet seulement de lire. Décochez la case ou prenez une autre clé.",
    failed_title="Cette page ne peut plus être utilisée",
    failed_text="Recommencez là d'où vous venez. Rien n'a été autorisé.",
)
_GERMAN = ConsentTexts(
    language="de",
    title="{client} mit einem Qonto-Konto arbeiten lassen?",
    lead="Gehen Sie nur weiter, wenn Sie es dort gerade verlangt haben. Seinen Namen wählt ein "
    "Client selbst.",
    reads="Es darf Rechnungen, Kunden, Produkte und Bewegungen auf Bankkonten lesen.",
    writes="Es darf auch Dokumente anlegen, ändern und verschicken",
    goes_to="Ihr Browser geht danach zu {place}.",
    keys_heading="Welches Konto",
    keys_text="Wer diesen Dienst betreibt, hat beide Schlüssel. {client} erfährt sie nicht.",
    api_key="API-Schlüssel",
    account_key="Kontoschlüssel",
    ends="Das endet nach 90 Tagen, oder sobald einer der Schlüssel endet.",
    allow="Erlauben",
    deny="Nicht erlauben",
    wrong_keys="Diese Schlüssel sind unbekannt oder gehören nicht zusammen. Prüfen Sie beide.",
    only_reads="Dieser API-Schlüssel darf nur lesen. Nehmen Sie das Häkchen weg, oder nehmen Sie "
    "einen anderen.",
    failed_title="Diese Seite gilt nicht mehr",
    failed_text="Beginnen Sie dort noch einmal, woher Sie kamen. Erlaubt wurde nichts.",
)
_SPANISH = ConsentTexts(
    language="es",
    title="¿Permitir que {client} trabaje con una cuenta de Qonto?",
    lead="Siga solo si acaba de pedirlo allí. Un cliente elige él mismo su nombre.",
    reads="Podrá leer facturas, clientes, productos y movimientos de las cuentas bancarias.",
    writes="También podrá crear, cambiar y enviar documentos",
    goes_to="Después su navegador irá a {place}.",
    keys_heading="Qué cuenta",
    keys_text="Quien gestiona este servicio tiene las dos claves. {client} no las recibe.",
    api_key="Clave de API",
    account_key="Clave de la cuenta",
    ends="Termina después de 90 días, o en cuanto termine una de las claves.",
    allow="Permitir",
    deny="No permitir",
    wrong_keys="Estas claves no se conocen o no van juntas. Compruebe las dos.",
    only_reads="Esta clave de API solo permite leer. Quite la marca o use otra clave.",
    failed_title="Esta página ya no se puede usar",
    failed_text="Empiece de nuevo desde donde vino. No se permitió nada.",
)
_ITALIAN = ConsentTexts(
    language="it",
    title="Permettere a {client} di usare un conto Qonto?",
    lead="Continui solo se lo ha appena chiesto lì. Un client sceglie da sé il proprio nome.",
    reads="Potrà leggere fatture, clienti, prodotti e movimenti dei conti bancari.",
    writes="Potrà anche creare, modificare e inviare documenti",
    goes_to="Poi il browser andrà a {place}.",
    keys_heading="Quale conto",
    keys_text="Chi gestisce questo servizio ha le due chiavi. {client} non le riceve.",
    api_key="Chiave API",
    account_key="Chiave del conto",
    ends="Finisce dopo 90 giorni, o appena finisce una delle chiavi.",
    allow="Permetti",
    deny="Non permettere",
    wrong_keys="Queste chiavi sono sconosciute o non vanno insieme. Le controlli entrambe.",
    only_reads="Questa chiave API può solo leggere. Tolga la spunta o usi un'altra chiave.",
    failed_title="Questa pagina non è più valida",
    failed_text="Ricominci da dove è venuto. Non è stato permesso nulla.",
)

CONSENT_TEXTS = {
    texts.language: texts for texts in (_ENGLISH, _FRENCH, _GERMAN, _SPANISH, _ITALIAN)
}
