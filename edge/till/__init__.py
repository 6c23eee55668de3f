"""The till protocol: its messages, the prompts for cashiers, and the ZeroMQ sockets that carry them."""
