"""Clients generated from the API's description, by what vendors generate theirs with."""
