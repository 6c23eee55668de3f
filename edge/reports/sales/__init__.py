"""`edge-agent report sales`: every restricted sale."""
