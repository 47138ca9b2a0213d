"""The way back: derived networks, and what they project."""
