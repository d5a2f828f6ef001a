"""Why-not answers: why a lead missed a rule, team or rep, and the smallest change that helps."""
