"""The pages: every example in them is run, what they show is compared."""
