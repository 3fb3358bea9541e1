"""Books at the simulated Qonto that never stand still, and what hinders those who read them."""

from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from qonto_simulator import Simulator, files

KINDS = ("invoices", "bills", "transactions")
_PATHS = ("/v2/client_invoices", "/v2/supplier_invoices", "/v2/transactions", "/v2/bank_accounts")
_FILES = ("/v2/attachments/*", "/files/*")
_FAULTS = ("status", "limited", "drop", "lost_response", "html", "malformed")
_LIFE = files.LIFE
_PAGE = 10


@dataclass
class MovingBooks:
    """Changes one thing after the other. `changes` and `faults` say how often."""

    simulator: Simulator
    chance: Random
    changes: int = 0
    faults: int = 0
    _titles: int = field(default=0)

    def __post_init__(self) -> None:
        self._control = self.simulator.control
        self._control.set_quirks(rate_limits=False, pdf_delay=0.4, file_delay=0.2, ocr_delay=0.3)

    def fill(self, pages: int) -> None:
        """Have so many pages of each list at least."""
        self._control.set_quirks(most_per_page=_PAGE)
        self._control.generate("client_invoices", pages * _PAGE)
        self._control.generate("supplier_invoices", pages * _PAGE)
        self._control.generate("transactions", pages * _PAGE)

    def change(self) -> None:
        """Let a record be made, changed or deleted."""
        self.changes += 1
        match self.chance.choice(KINDS):
            case "invoices":
                self._change_an_invoice()
            case "bills":
                self._change_a_bill()
            case _:
                self._change_a_movement()

    def hinder(self) -> None:
        """Let the next request for a page or a document fail, or some links be too old."""
        self.faults += 1
        path = self.chance.choice((*_PATHS, *_FILES))
        kind: Any = self.chance.choice(_FAULTS)
        if path == "/files/*" and kind == "malformed":
            vars(files)["LIFE"] = timedelta(0)  # a file has no form that would show it's cut
            return
        status = self.chance.choice((500, 503, 429) if path != "/files/*" else (403, 404, 500))
        if kind == "limited":
            kind, status = "status", 429
        skip = self.chance.randint(0, 3)
        self._control.fault(path=path, kind=kind, status=status, skip=skip)

    def relent(self) -> None:
        """Let links live as long as Qonto's again."""
        vars(files)["LIFE"] = _LIFE

    def calm(self) -> None:
        """Let nothing go wrong any more."""
        self.relent()
        self._control.clear_faults()

    def _change_an_invoice(self) -> None:
        books, random = self.simulator.world.first.client_invoices, self.chance
        chosen = random.choice(list(books))
        if random.random() < 0.3:
            self._control.create_invoice(status=random.choice(["draft", "unpaid"]))
        elif random.random() < 0.15 and len(books) > 20 and _may_go(chosen):
            books.remove(chosen)
        else:
            self._control.touch_invoice(chosen.id)

    def _change_a_bill(self) -> None:
        books = self.simulator.world.first.supplier_invoices
        if self.chance.random() < 0.3:
            self._control.receive_supplier_invoice(is_credit_note=self.chance.random() < 0.2)
        else:
            books.save(self.chance.choice(list(books)), self.simulator.world.now())

    def _change_a_movement(self) -> None:
        books, random = self.simulator.world.first, self.chance
        accounts = [one.id for one in books.organisation.bank_accounts]
        if random.random() < 0.3:
            status: Any = random.choice(["pending", "declined", "completed"])
            account = random.choice(accounts)
            self._control.bank_transaction(amount="5.10", bank_account_id=account, status=status)
            return
        chosen = random.choice([one for each in books.transactions.values() for one in each])
        if random.random() < 0.3:
            bill = random.choice(list(books.supplier_invoices))
            if bill.attachment_id not in chosen.attachment_ids:
                chosen.attachment_ids.append(bill.attachment_id)
        self._titles += 1
        self._control.annotate_transaction(chosen.id, note=f"note {self._titles}")


def _may_go(invoice: Any) -> bool:
    """Say whether nothing is under way that would still change it."""
    return invoice.status == "draft" or invoice.attachment_id is not None
