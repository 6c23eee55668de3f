"""`edge-agent report basket`: what each age band buys."""
