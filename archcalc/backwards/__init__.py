"""Networks backwards: what goes from a layer back to the image (`derive`), and which patch a unit sees (`patch`)."""
