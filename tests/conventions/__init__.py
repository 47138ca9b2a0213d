"""Conventions of counting against the tools themselves, and against figures that they printed."""
