"""Every setting, declared once, and what can be wrong with it."""
