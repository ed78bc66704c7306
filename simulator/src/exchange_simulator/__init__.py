"""A Microsoft 365 tenant on loopback, for testing calendar clients."""
