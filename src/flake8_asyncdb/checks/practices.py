"""Row 0: general practices around the database."""
