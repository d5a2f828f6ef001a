"""Whether a lead is decided now or waits a moment, and what of it is still to come."""
