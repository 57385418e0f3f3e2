"""Looking into the log: what each event is, what became of it, and why a number is what it is.

Functions here return dataclasses, for the terminal and for pages alike. They write and print nothing.
"""
