"""The record: every event is an entry of a log that nobody can rewrite unseen, and that anybody can check."""
