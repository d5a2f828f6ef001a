"""Lead Router: every new HubSpot contact to the right rep, fairly, with the reason on the record."""
