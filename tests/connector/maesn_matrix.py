"""Maesn's support matrix for Qonto as its page showed it in autumn 2026: facts to compare with.

The letters are read, create, update, delete and webhook: S for supported, D for on demand, - for
not supported. The rows are those of docs/requirements.md.
"""

MATRIX = {
    "MAE-101": ("accounts", "-----"),
    "MAE-102": ("asyncTask", "-----"),
    "MAE-103": ("bankAccounts", "DDDDD"),
    "MAE-104": ("bills", "SD--D"),
    "MAE-105": ("billLines", "-----"),
    "MAE-106": ("bookingProposals", "SD--D"),
    "MAE-107": ("contacts", "-----"),
    "MAE-108": ("customers", "DDDDD"),
    "MAE-109": ("creditNotes", "D---D"),
    "MAE-110": ("dimensions", "-----"),
    "MAE-111": ("expenses", "DD--D"),
    "MAE-112": ("files", "DD-DD"),
    "MAE-113": ("fiscalYears", "-----"),
    "MAE-114": ("goodsReceipts", "-----"),
    "MAE-115": ("goodsReceiptLines", "-----"),
    "MAE-116": ("invoices", "SDDDS"),
    "MAE-117": ("invoiceLines", "DDDDD"),
    "MAE-118": ("items", "DDDD-"),
    "MAE-119": ("journals", "-----"),
    "MAE-120": ("journalEntries", "-----"),
    "MAE-121": ("offers", "DDDDD"),
    "MAE-122": ("offerLines", "DDDDD"),
    "MAE-123": ("openItems", "-----"),
    "MAE-124": ("payments", "DDDDD"),
    "MAE-125": ("paymentTerms", "-----"),
    "MAE-126": ("projects", "-----"),
    "MAE-127": ("purchaseOrders", "-----"),
    "MAE-128": ("purchaseOrderLines", "-----"),
    "MAE-129": ("salesOrders", "-----"),
    "MAE-130": ("salesOrderLines", "-----"),
    "MAE-131": ("suppliers", "-----"),
    "MAE-132": ("taxRates", "-----"),
    "MAE-133": ("transactions", "DDDDD"),
    "MAE-134": ("trialBalance", "D---D"),
    "MAE-135": ("units", "-----"),
    "MAE-136": ("users", "DDDDD"),
    "MAE-137": ("vendorCredits", "-----"),
}

TOTALS = {"S": 4, "D": 62, "-": 119}
