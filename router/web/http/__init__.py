"""Waitress with limits: strict request heads, strict chunks, and few connections and requests per client."""
