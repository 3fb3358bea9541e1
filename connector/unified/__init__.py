"""The unified model: what every target system's documents become, by Maesn's contract.

Values are frozen msgspec structs, camelCase on the wire. Every key is always present: what
a target system can't say is null, and a list it doesn't have is empty. Amounts and quantities are
`Decimal` in the document's currency, rates are percent, dates are ISO 8601 text in UTC. No value
can hold what holds it, so the garbage collector is spared them (`gc=False`).
"""
