"""The texts that people read, in every language: one catalogue for tills, setup page, doctor and reports."""
