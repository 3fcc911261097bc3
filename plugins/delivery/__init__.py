"""Delivery: what hosts, servers and crawlers get beside the pages."""
