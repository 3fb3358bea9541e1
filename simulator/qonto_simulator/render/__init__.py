"""The documents as Qonto sends them."""
