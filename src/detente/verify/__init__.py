"""The verifier: bytes of a bundle or a proof in, a report out. No node, store, clock or network."""
