"""From a folded state to rows: what a stream yields, compared with what is stored, written where it
differs.
"""
