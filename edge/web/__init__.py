"""The setup page: what the lane sees with faces blurred, the customer zone, doctor's findings, a demonstration till."""
