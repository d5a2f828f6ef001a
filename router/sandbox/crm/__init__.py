"""The sandbox portal's records: objects, batches, search, properties, owners."""
