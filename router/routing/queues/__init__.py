"""Shared queues: claims, claim links, pushing waiting leads."""
