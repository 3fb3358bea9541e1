"""The pages that a tenant's customers see: before a link, and at its end."""
