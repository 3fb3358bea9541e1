"""Paying at Qonto: SEPA transfers, whom they go to, and the owner's approval.

Qonto's documentation: SEPA transfers, Beneficiaries, Verification of payee, SCA flows, Idempotent
requests.
"""
