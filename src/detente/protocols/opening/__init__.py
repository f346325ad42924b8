"""Opening: the parties agree to talk. Nothing else on the table counts before all have consented."""
