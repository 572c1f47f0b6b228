"""The people who ask."""
