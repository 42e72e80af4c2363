namespace JobSystem.Gateway.Backends;

static class Failure
{
    /// <summary>True if no connection was established, so that the instance has received nothing.</summary>
    public static bool NeverConnected(Exception? error) =>
        error is HttpRequestException
        {
            HttpRequestError: HttpRequestError.ConnectionError
                or HttpRequestError.NameResolutionError
                or HttpRequestError.SecureConnectionError,
        };
}
