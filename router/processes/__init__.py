"""Child processes: the supervisor, the embedded Valkey, roles."""
