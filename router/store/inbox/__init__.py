"""The stream of announced contacts: append, claim, renew, release."""
