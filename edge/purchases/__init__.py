"""What was bought, by age band: kept with the sale, filed as Parquet."""
