"""The spec language: YAML with positions, expressions, and expansion into a `Net`."""
