"""Generated pages: each module has ``pages(root)``, what every file should hold."""
