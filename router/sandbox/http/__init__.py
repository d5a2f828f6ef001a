"""The sandbox portal's HTTP side: routes, limits, faults, control, a client for tests."""
