"""How was it: asking customers, and what they answered."""
