"""`edge-agent doctor`: checks the box and every lane, and prints a fix for each fault. `checks.py` lists the checks."""
