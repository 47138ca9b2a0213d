"""Reports: the numbers (`model`), and one file per format."""
