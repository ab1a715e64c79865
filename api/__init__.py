"""Every way in and out: the command line and the service."""
