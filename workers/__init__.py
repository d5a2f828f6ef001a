"""The RQ side: jobs, the fate of failed work, and the worker processes."""
