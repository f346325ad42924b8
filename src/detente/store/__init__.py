"""The store: the record on disk and the drawer of private notes beside it, append-only."""
