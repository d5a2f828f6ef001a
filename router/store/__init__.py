"""Redis: the inbox, the lead states, the book of shares, the call budget."""
