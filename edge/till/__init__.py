"""The till: messages, prompts, and the sockets they travel on."""
