"""Reps and teams, working hours, public holidays, absences."""
