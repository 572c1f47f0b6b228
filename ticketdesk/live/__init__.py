"""Telling browsers."""
