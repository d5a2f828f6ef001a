"""The doors for the queue: RQ jobs, their outcomes, and the processes that run them."""
