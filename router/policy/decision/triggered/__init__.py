"""The placement of a lead that is decided a second time, by its trigger."""
