"""Data that all processes share: published rules, availability, the outbox."""
