"""A customer's order."""
