"""A lane's data on disk: the database, the sale records in their audit chain, and the outbox of alerts."""
