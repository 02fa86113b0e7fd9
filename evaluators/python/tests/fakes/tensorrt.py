"""Only to be found."""
