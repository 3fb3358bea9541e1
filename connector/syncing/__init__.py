"""Noticing what changed at a provider, by asking it. Pure: the relay asks, stores and tells."""
