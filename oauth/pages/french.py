"""The pages in French."""

from oauth.pages.texts import Texts
from oauth.topics import Topic

FRENCH = Texts(
    language="fr",
    title="{name} souhaite se connecter à votre compte {provider}",
    lead="Rien n’est partagé avant que vous ayez donné votre accord chez {provider}.",
    uses_heading="Ce que {name} demande",
    topics={
        Topic.ORGANIZATION: "Votre entreprise et les soldes de ses comptes",
        Topic.CLIENT_INVOICES: "Les factures adressées à vos clients",
        Topic.SUPPLIER_INVOICES: "Les factures de vos fournisseurs",
        Topic.CLIENTS: "La liste de vos clients",
        Topic.ATTACHMENTS: "Les justificatifs et pièces jointes",
        Topic.PRODUCTS: "La liste de vos produits",
        Topic.E_INVOICING: "Vos réglages de facturation électronique",
        Topic.MEMBERSHIPS: "Les personnes ayant accès à votre entreprise",
        Topic.PAYMENTS: "Des paiements depuis vos comptes",
        Topic.NOTIFICATIONS: "Les nouvelles des changements",
        Topic.LASTING_ACCESS: "Un accès durable",
    },
    reads="lecture",
    writes="lecture et modification",
    notified="{name} est informé lorsque ces données changent.",
    lasting="L’accès dure jusqu’à ce que vous y mettiez fin. On ne vous le redemande pas à chaque "
    "fois.",
    others="Et aussi, sous le nom que {provider} lui donne :",
    payments="{name} peut payer vos bénéficiaires depuis vos comptes. Vous validez chaque paiement "
    "chez {provider}, sauf vers les bénéficiaires que vous y avez déclarés de confiance.",
    no_payments="Cet accès ne permet aucun paiement.",
    sandbox_heading="Connectez-vous d’abord à l’environnement de test",
    sandbox_text="Cette connexion sert à des tests. Ouvrez l’application web sandbox dans un autre "
    "onglet de ce navigateur et identifiez-vous, puis revenez ici et continuez. Sans cela, la "
    "connexion échoue.",
    end_heading="Comment mettre fin à l’accès",
    end_text="À tout moment : supprimez la connexion parmi les applications connectées de votre "
    "compte {provider}, ou demandez à {name} de la supprimer.",
    next_heading="La suite",
    next_text="Vous vous identifiez chez {provider} et y acceptez ou refusez. {name} ne voit "
    "jamais votre mot de passe. Ensuite, vous revenez.",
    button="Continuer vers {provider}",
    leave="Vous n’attendiez pas cette demande ? Fermez cette page. Rien n’a été connecté.",
    linked_title="La connexion est établie",
    linked_text="Votre compte {provider} est maintenant connecté à {name}.",
    linked_organization="Entreprise connectée :",
    linked_next="Vous pouvez fermer cette page et retourner dans {name}. Pour mettre fin à l’accès "
    "plus tard, supprimez la connexion parmi les applications connectées de votre compte "
    "{provider}, ou demandez-le à {name}.",
    canceled_title="Votre compte n’a pas été connecté",
    canceled_text="Vous n’avez pas donné votre accord : rien n’a été partagé avec {name}.",
    canceled_next="Vous pouvez fermer cette page. Si vous changez d’avis, recommencez la "
    "connexion.",
    failed_title="La connexion n’a pas pu être établie",
    failed_next="Retournez dans l’application d’où vous venez et recommencez la connexion. Si cela "
    "n’aide pas, donnez à son assistance le code ci-dessous.",
    code_label="Code pour l’assistance :",
    try_again="Recommencer",
    unknown_reason="Un problème est survenu en chemin, et rien n’a été partagé.",
    reasons={
        "STATE_INVALID": "Ce lien n’a pas été ouvert dans ce navigateur, ou son adresse a été "
        "modifiée.",
        "STATE_EXPIRED": "Ce lien a mis trop de temps et a expiré.",
        "STATE_REPLAYED": "Ce lien a déjà servi ; chacun ne sert qu’une fois.",
        "PAGE_INVALID": "Cette page n’existe pas, ou son adresse a été modifiée.",
        "PAGE_EXPIRED": "Cette page a plus d’un jour et a expiré.",
        "PAGE_USED": "La connexion que cette page propose a déjà été établie.",
        "ORGANIZATION_MISMATCH": "Vous avez choisi une autre entreprise que celle connectée "
        "auparavant. Recommencez et choisissez la même.",
        "STORAGE_UNAVAILABLE": "La connexion n’a pas encore pu être enregistrée. Attendez "
        "une minute et rechargez cette page ; inutile de recommencer.",
        "REFERENCE_TAKEN": "Une autre entreprise est déjà connectée à cet endroit. Adressez-vous "
        "au support de l’application.",
        "PROVIDER_UNAVAILABLE": "Le service de la banque n’a pas pu être joint. Attendez quelques "
        "minutes.",
    },
)
