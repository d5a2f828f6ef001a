"""What became of a lead: response times, signs of work, won or lost."""
