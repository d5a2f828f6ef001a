"""Fair shares: the share book, the rotation, lead values, grants, performance weights."""
