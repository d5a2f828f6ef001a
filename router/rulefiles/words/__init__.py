"""The vocabulary of rule files: properties, values, ranges, conditions."""
