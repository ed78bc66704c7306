"""Tests of everything together: the database, the Graph spoke and a simulated Microsoft 365."""
