"""An Exchange Server's web services over the same mailboxes that Graph shows."""
