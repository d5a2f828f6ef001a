"""Lead states, commits of decisions, queues, open leads, credits."""
