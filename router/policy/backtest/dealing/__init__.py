"""Dealing: past leads are assigned in order of arrival, as they would be online."""
