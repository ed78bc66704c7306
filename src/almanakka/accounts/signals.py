"""What the accounts tell those who listen."""

from django.dispatch import Signal

#: Somebody may no longer sign in. Arguments: ``user``, and ``acting``, the administrator who has decided so.
deactivated = Signal()
