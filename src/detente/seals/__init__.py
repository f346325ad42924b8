"""The seals: hash, sign, seal. A thin, pure layer, and the only room that imports cryptography."""
