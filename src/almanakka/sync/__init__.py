"""The core: what two calendars must do to agree, decided from values alone."""
