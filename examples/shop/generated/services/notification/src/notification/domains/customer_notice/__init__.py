"""A message to a customer."""
