"""The policy as a document that a new hire understands, generated from the rules, never written by hand."""
