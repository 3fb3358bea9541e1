"""The way of requests to target systems: HTTP/1.1 over connections that are kept, below httpx2.

httpx2 builds requests and reads answers; its own transport costs a process five times as much as
everything here. `exchange.py` is one connection with one request at a time, `kept.py` keeps
connections by origin and is what httpx2 takes.
"""
