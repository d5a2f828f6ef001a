"""Readers of the rule files: YAML text to a `Policy`, or all mistakes with file, line and column."""
