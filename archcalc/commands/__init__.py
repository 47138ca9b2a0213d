"""The commands, one a module; a module whose name begins with an underscore is none."""
