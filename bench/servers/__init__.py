"""How web servers stand up to strangers, for the decision in docs/decisions/web-server.md."""
