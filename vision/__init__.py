"""A photograph goes in, evidence comes out."""
