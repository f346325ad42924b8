"""Who speaks: parties, their documents and keys, delegates, grants, and how two parties first meet."""
