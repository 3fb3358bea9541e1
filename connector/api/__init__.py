"""What an endpoint is: operations, their routes, parsing, answers, errors and the description.

Ground: it knows no feature, and of this project it imports `storage.errors` alone, the root of all
errors. `oauth` and `webhooks` import this and nothing else of `connector`.
"""
