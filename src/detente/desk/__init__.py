"""The desk: one verb for each thing a person wishes or a courier brings. Knows no I/O but the ports."""
