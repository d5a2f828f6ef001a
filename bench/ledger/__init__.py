"""The cost of a ledger of ten thousand, a hundred thousand and a million decisions."""
