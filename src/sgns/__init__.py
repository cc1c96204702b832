"""Word and document vectors by skip-gram with negative sampling."""
