"""JSON under `/comments/api/v1`, for the embed and for programs of others."""
