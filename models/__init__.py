"""The networks: definition, training, export, and the trained weights with their cards."""
