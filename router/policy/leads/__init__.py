"""Leads: raw properties, the portal's catalog, parsing and derived facts."""
