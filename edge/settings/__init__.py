"""Every setting: its declaration, its scope, and how it is loaded."""
