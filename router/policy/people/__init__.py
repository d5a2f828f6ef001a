"""Reps and teams, their working hours, public holidays and absences."""
