"""Standing attacks on the loader, the publisher and the readers.

`make torture` runs them for minutes, `make test` a seeded few of each.
"""
