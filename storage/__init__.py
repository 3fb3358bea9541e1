"""The ground floor: what is kept, and how it is protected."""
