"""Evaluation: how good a network is, where it errs, what breaks it, and what it looks at."""
