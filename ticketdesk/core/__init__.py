"""Tools that do not know what a ticket is."""
