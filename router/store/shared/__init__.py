"""What processes share: published rules, availability, the outbox."""
