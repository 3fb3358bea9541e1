"""How often a target system may be called, shared fairly by all accounts and processes.

gate    ── AccessRefusals ── an account whose access is refused waits for a better one
acquire ── Window  ─── never more than the limit in any window, equal shares when it gets tight
 ended  └─ Leases  ─── blocks of requests, from the row that all processes share
"""

from connector.budget.budget import RateBudget
from connector.budget.gate import AccessGate, Shown
from connector.budget.leases import Leases
from connector.budget.ledger import Rate

__all__ = ["AccessGate", "Leases", "Rate", "RateBudget", "Shown"]
