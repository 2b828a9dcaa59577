"""The way out of a monolith: what leaves first, by which routes and streams, and how each step is taken back."""
