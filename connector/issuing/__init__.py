"""Issuing an invoice in one call: whom for, a draft, its checks, the legal number, its file, and
where it is asked for the e-invoicing network.

Every write has a key made of the job's, so that a process that dies costs nothing but time: the
steps are taken again, and what was done is told instead of done.
"""
