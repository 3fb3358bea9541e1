"""Consent in, valid access out: tenants, keys, the link flow and the token vault."""
