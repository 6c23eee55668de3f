"""`edge-agent report offers` and `edge-agent offers`: what offers brought, and which to make."""
