"""`edge-agent report changes`: who changed which setting."""
