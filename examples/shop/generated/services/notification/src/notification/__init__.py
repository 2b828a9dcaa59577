"""Tells customers by e-mail what became of their orders."""
