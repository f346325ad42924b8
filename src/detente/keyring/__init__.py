"""The keyring: the only holder of private keys. Nothing that it keeps is written in the clear."""
