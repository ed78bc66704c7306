"""The property under which everything that we create remotely carries its origin key.

One and the same for every kind of Microsoft calendar: a mailbox that moves from an Exchange Server to Microsoft 365
keeps its properties, and so stays paired (B12). Never another one besides: mailboxes hold few named properties.
"""

from __future__ import annotations

PROPERTY_SET = "6f0a3c6e-54b7-4f0e-9a56-2b8f7f3c1d21"
NAME = "AlmanakkaOrigin"
