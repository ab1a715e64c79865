"""What the store knows of a photograph and its number: seen before, seen elsewhere, watched for, taken when."""
