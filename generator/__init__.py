"""A seeded simulation of an online shop that writes the four raw files."""

from generator.configuration import GeneratorConfig, Profile
from generator.simulation import generate

__all__ = ["GeneratorConfig", "Profile", "generate"]
