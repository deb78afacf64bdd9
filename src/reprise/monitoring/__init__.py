"""Drift: how far what a model is asked lies from what it was trained on."""
