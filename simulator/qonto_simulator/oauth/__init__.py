"""The authorization server: consent in a browser, codes, tokens and their end."""
