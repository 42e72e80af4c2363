namespace JobSystem.Gateway.Backends;

internal static class Failure
{
    /// <summary>No connection came about, so that the instance has not seen one byte of the request.</summary>
    public static bool NeverConnected(Exception? error) =>
        error is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError };
}
