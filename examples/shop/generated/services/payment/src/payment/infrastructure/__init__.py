"""Adapters to everything outside the domains."""
