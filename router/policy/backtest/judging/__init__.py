"""Judging: past leads are scored and matched with rules, column by column with numpy."""
