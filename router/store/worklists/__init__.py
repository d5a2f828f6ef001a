"""Lists of work for later: watched leads, changed contacts, notices, nights."""
