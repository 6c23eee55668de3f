"""`edge-agent report offers` and `edge-agent offers`: the effect of offers, and the rules for making them."""
