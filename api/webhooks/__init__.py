"""What happened to cases, brought to those who subscribed."""
