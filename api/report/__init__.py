"""The report: two pages that an owner and a judge can follow, the three-minute method step by step."""
