"""What several test modules stand on."""
