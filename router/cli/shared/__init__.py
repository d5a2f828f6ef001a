"""Code that several commands use: arguments, screen, errors, charts."""
