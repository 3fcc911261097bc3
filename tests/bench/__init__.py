"""What it costs: measured on demand, never a reason for a test to fail."""
