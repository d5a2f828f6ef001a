"""Results of leads: response times, signs of work, won or lost."""
