"""Layer kinds. A kind is one class in a file of its family; importing the family registers it."""
