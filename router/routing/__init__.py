"""The use cases: what happens to leads, from the inbox to the record and after."""
