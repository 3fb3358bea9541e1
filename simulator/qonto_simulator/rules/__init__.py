"""The rules of the domain: which moves a document may make, and what they cause."""
