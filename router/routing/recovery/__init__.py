"""Reconciliation with HubSpot, repair, drift of the portal, erasure."""
