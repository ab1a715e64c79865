"""Where pictures to learn from and to measure on come from."""
