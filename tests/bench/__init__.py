"""Benchmarks: figures measured side by side in one run. They assert nothing."""
