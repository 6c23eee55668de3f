"""`edge-agent bench`: measures the speed of this machine."""
