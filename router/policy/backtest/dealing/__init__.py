"""Past leads are given out as they would be now: presence, action slots, fast rotation, replay."""
