"""Torch modules as specs: a run on the meta device, whose calls are written down."""
