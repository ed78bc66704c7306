"""What templates ask of this application."""
