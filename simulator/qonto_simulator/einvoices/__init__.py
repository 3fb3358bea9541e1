"""Structured invoices: what they say, and the files that carry them."""
