"""The leads that wait for facts which come late."""
