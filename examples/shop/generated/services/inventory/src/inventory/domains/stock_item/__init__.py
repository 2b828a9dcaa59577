"""How much of one article there is."""
