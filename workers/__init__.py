"""RQ's side: jobs, their outcomes, and the processes that run them."""
