"""What keeps secrets, private files and terminals safe: used by every floor."""
