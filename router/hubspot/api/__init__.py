"""HTTP calls to HubSpot: gateway, client, transport, replies, errors."""
