"""The Microsoft 365 spoke: one mailbox's calendar over Microsoft Graph."""
