"""Everything that knows HubSpot's words: webhooks, gateway, catalog, errors."""
