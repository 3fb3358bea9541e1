"""Qonto's JSON as Qonto sends it, one file for each part of the API.

Qonto's documentation announces new fields and new enum values without notice, and the API mixes
null, "" and absent for "no value". So every field is optional, enums are plain text, an amount is a
string or a number, and a page is read record by record: one that doesn't fit costs only itself.
JSON can't hold what holds it, so the garbage collector is spared all of it (`gc=False`).
"""
