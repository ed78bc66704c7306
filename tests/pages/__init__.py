"""Every page, found by the table of addresses, in companies of any size."""
