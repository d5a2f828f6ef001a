"""Hours of steady work: does memory, does anything else, grow minute by minute?"""
