"""Tests of the house's own tools: set-up and the checks."""
