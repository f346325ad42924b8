"""Questions: numbered, and answered number by number or declined with or without a reason."""
