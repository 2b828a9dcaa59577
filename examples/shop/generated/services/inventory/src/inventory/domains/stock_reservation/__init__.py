"""Stock that is kept aside for one order."""
