"""Well-known domains as data: what their services own, offer, tell and react to."""
