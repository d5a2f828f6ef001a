"""What we sent to HubSpot for each lead, kept before it goes out: it may be applied late."""
