"""The policy as values: conditions, scoring, the rule index, SLA, night settings."""
