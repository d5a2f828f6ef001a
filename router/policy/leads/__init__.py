"""What is known of a lead: raw properties, the portal's catalog, derived facts."""
