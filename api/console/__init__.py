"""The console: pages for people who sign in, under /console, made on the server and by the same rules as the API."""
