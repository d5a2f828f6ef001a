"""The report of the nightly run, as a message and as a page."""
