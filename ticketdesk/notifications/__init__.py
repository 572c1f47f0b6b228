"""Telling agents and contacts."""
