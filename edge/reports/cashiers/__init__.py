"""`edge-agent report cashiers`: reported ID checks, by cashier."""
