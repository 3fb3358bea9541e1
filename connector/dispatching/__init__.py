"""Documents from templates: what is stored for them, and how they become the unified requests.

    template + data --render--> a unified request --> connector.issuing, connector.writing

Templates, configurations of providers, and the use case that puts them together. Any face may call
it; it knows none.
"""
