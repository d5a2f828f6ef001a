"""The API and the claim links of reps."""
