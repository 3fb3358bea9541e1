"""The relay: a provider's events in, verified and stored; signed events out, until they arrive."""
