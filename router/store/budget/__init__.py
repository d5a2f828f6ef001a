"""HubSpot's call limits, shared by every process of a portal."""
