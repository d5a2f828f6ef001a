"""YAML text to a Policy, or every mistake at once with file:line:column."""
