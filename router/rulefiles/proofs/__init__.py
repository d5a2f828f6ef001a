"""What rule files promise that nobody wrote: rules that never match, reps who get nothing, empty teams."""
