"""Live processing: what is pending becomes rows, by whoever looks first."""
