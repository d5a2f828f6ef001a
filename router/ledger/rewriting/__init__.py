"""Background rewriting of rows from earlier versions, and readers of both forms."""
