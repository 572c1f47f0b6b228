"""What can happen to a ticket, one short sentence per kind of event, by subject."""
