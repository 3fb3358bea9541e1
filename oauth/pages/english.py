"""The pages in English."""

from oauth.pages.texts import Texts
from oauth.topics import Topic

ENGLISH = Texts(
    language="en",
    title="{name} would like to connect to your {provider} account",
    lead="Nothing is shared before you have agreed at {provider}.",
    uses_heading="What {name} asks for",
    topics={
        Topic.ORGANIZATION: "Your company and the balances of its accounts",
        Topic.CLIENT_INVOICES: "Invoices to your customers",
        Topic.SUPPLIER_INVOICES: "Invoices from your suppliers",
        Topic.CLIENTS: "Your list of customers",
        Topic.ATTACHMENTS: "Receipts and attached files",
        Topic.PRODUCTS: "Your list of products",
        Topic.E_INVOICING: "Your settings for electronic invoices",
        Topic.MEMBERSHIPS: "Who has access to your company",
        Topic.PAYMENTS: "Payments from your accounts",
        Topic.NOTIFICATIONS: "News of changes",
        Topic.LASTING_ACCESS: "Lasting access",
    },
    reads="read",
    writes="read and change",
    notified="{name} is told when something in this data changes.",
    lasting="The access lasts until you end it. You are not asked again each time.",
    others="Also, by the name {provider} gives it:",
    payments="{name} may pay your beneficiaries from your accounts. You approve each payment at "
    "{provider}, except to beneficiaries that you trust there.",
    no_payments="This access makes no payments.",
    sandbox_heading="First log in to the test environment",
    sandbox_text="This connection is for testing. Open the sandbox web app in another tab of this "
    "browser and log in there, then come back here and continue. Without it the connection fails.",
    end_heading="How to end the access",
    end_text="At any time: remove the connection among the connected apps in your {provider} "
    "account, or ask {name} to remove it.",
    next_heading="What happens next",
    next_text="You log in at {provider} and agree or refuse there. {name} never sees your "
    "password. Afterwards you come back.",
    button="Continue to {provider}",
    leave="You did not expect this? Close this page. Nothing has been connected.",
    linked_title="The connection is made",
    linked_text="Your {provider} account is now connected to {name}.",
    linked_organization="Connected company:",
    linked_next="You can close this page and go back to {name}. To end the access later, remove "
    "the connection among the connected apps in your {provider} account, or ask {name} to do it.",
    canceled_title="Your account was not connected",
    canceled_text="You did not agree, so nothing was shared with {name}.",
    canceled_next="You can close this page. If you change your mind, start the connection again.",
    failed_title="The connection was not made",
    failed_next="Go back to the application you came from and start the connection again. If that "
    "does not help, give its support the code below.",
    code_label="Code for support:",
    try_again="Start again",
    unknown_reason="Something went wrong on the way, and nothing was shared.",
    reasons={
        "STATE_INVALID": "This link was not started in this browser, or its address was changed.",
        "STATE_EXPIRED": "This link took too long and has expired.",
        "STATE_REPLAYED": "This link was used before; each can be used once.",
        "PAGE_INVALID": "There is no such page, or its address was changed.",
        "PAGE_EXPIRED": "This page is older than a day and has expired.",
        "PAGE_USED": "The connection that this page is for was made already.",
        "ORGANIZATION_MISMATCH": "You chose another company than the one connected before. Start "
        "again and choose the same one.",
        "STORAGE_UNAVAILABLE": "The connection could not be stored yet. Wait a minute and "
        "reload this page; there is no need to start again.",
        "REFERENCE_TAKEN": "Another company is connected in this place already. Ask the "
        "application's support.",
        "PROVIDER_UNAVAILABLE": "The bank's service could not be reached. Wait a few minutes.",
    },
)
