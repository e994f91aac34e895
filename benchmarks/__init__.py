"""Measured speed: floors, the plain way, and the runner of ``make bench``."""
