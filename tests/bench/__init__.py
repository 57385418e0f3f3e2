"""`make bench`: what the product costs beside the least that could do the same, on this machine."""
