"""Exports of shop platforms, turned into the raw tables of the contract by SQL.

One SQL file a platform says what is read, what comes out, what must hold and what is
left out; this package finds the files, reads them strictly, and runs it.
"""
