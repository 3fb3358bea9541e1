"""httpx2's client, and a way to send one request as it is."""

import httpx2


class ProviderHttp(httpx2.AsyncClient):
    """The client that all target systems share.

    Besides what every client of httpx2 does, it sends single requests without what calls to an API
    don't need: redirects, cookies, authentication and hooks.
    """

    async def ask(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; return its answer, whose body is still to come."""
        transport = self._transport_for_url(request.url)
        response = await transport.handle_async_request(request)
        response.request = request
        return response
