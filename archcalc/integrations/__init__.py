"""Tools that archcalc works within: each module is loaded by its tool."""
