"""The service: inspections over HTTP, each kept before it is answered."""
