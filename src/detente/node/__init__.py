"""The node: builds the house, puts the things behind the ports in place, and keeps it running."""
