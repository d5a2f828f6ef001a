"""The sandbox portal's made-up contacts, and people who work on them."""
