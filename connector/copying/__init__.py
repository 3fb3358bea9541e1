"""Keeping a faithful copy of each account's records, and of their documents."""
