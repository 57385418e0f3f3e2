"""The least that a view for deliveries could do: read the body, insert one row, answer."""
