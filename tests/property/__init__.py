"""Tests of laws that must hold for any input."""
