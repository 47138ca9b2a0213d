"""Layers of a sketch that are one layer in the language: each kind of pattern is a rule in a module of this package."""
