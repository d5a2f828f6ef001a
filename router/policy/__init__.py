"""What the company decided. Pure: no I/O, no clock, no chance; `now` is an argument."""
