"""Patience: how long something may take that is promised within seconds, on a machine that others keep busy."""

import os


def allowed(seconds: float) -> float:
    """As much longer as the machine has too few cores for all."""
    return seconds * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
