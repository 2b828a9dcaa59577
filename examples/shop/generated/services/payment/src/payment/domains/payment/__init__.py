"""What a customer pays for one order."""
