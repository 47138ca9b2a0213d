"""Analyses: each one pass over the layers that knows rules and no kinds."""
