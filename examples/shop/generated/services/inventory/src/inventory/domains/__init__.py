"""One package per aggregate, and the values they share."""
