"""The record: entries, logs, order, checkpoints, proofs. Knows no protocol; a body is opaque bytes."""
