"""The log: everything GitHub said, exactly as it came, and never changed."""
