"""Why a lead did not go to a certain rule, team or rep, and the smallest change that would send it there."""
