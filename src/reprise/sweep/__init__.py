"""Sweeps: Optuna chooses settings, and every trial is a DVC experiment."""
