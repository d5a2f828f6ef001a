"""Webhook deliveries: signatures and events."""
