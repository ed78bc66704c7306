"""What templates may ask of accounts and sections."""
