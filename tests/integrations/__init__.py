"""Pages of Sphinx and MkDocs, and notebooks: what they show, and what they say of mistakes."""
