"""What several commands use: arguments, screen, errors, charts."""
