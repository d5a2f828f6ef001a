"""Real leads put through other rules: read, judged in processes, dealt out, compared."""
