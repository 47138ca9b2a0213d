"""The live page: rebuilt when a spec's files change, on this machine only."""
