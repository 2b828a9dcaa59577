"""Knows what lies in the warehouse and keeps stock aside for orders."""
