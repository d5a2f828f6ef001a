"""Parked leads sent again, erasure, and rebuilding an emptied Redis."""
