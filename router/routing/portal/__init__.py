"""One portal's services, live rules, owners and availability."""
