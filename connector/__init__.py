"""The product: unified models, ports, providers, use cases; and the roof, `connector.app`."""
