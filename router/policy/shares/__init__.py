"""Fair shares: the share book, the rotation, lead values, grants and performance weights."""
