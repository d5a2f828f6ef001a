"""What is to be looked at later: watched leads, changed contacts, notices, nights."""
