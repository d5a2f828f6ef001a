"""A toy HubSpot portal that behaves like the real one, and fails on request."""
