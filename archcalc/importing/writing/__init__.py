"""From layers to the text of a spec, as a person would have written it."""
