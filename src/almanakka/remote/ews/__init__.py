"""Exchange Server, 2007 to Subscription Edition, through Exchange Web Services."""
