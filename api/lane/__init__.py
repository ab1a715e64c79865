"""A lane: a fixed camera sees every vehicle; each becomes one case at the service, whatever fails meanwhile."""
