"""Where copied documents go: a folder, or an S3 bucket.

A document's bytes are at `content/`, by their SHA-256, once. `records/` is an index for people, by
account, resource and record; its names are made safe, and end in the digest's first digits.
"""
