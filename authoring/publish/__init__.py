"""Publish: the built site, checked and sent to where readers are."""
