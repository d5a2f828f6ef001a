"""The main path: from the inbox to the owner on the record, and its verification."""
