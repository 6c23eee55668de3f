"""`edge-agent bench`: how fast this machine is."""
