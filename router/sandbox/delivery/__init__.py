"""The sandbox portal's webhooks: announced, signed, repeated."""
