"""Readers of team.yaml and lists.yaml."""
