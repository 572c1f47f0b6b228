"""When we are open: business hours, their exceptions and their history."""
