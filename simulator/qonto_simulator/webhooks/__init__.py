"""Subscriptions, signed events and their delivery."""
