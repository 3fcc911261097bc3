"""E-mail: `letters` says what one is, `smtp` how it travels, and `outbox` when, and what becomes of it."""
