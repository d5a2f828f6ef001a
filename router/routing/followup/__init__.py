"""After the assignment: work seen, reminders, overdue leads, reassignment."""
