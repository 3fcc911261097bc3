"""Import of a site: articles, pages and pictures of another blog become files here."""
