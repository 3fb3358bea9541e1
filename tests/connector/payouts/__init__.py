"""Payout files: reading, checking, storing and running."""
