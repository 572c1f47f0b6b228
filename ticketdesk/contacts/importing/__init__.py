"""Contacts and organizations brought along as a file."""
