"""The heart: tickets, their messages and what happened to them."""
