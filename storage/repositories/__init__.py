"""All SQL of the project, one file per aggregate. Repositories never commit."""
