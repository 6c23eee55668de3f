"""What a lane keeps on disk: the database, the audit chain, the outbox."""
