"""A toy HubSpot portal that behaves like the real one, and misbehaves on request."""
