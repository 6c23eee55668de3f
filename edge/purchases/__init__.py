"""Purchases by age band: recorded when a sale closes, then filed as Parquet."""
