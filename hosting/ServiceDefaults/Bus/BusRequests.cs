using MassTransit;

namespace JobSystem.ServiceDefaults.Bus;

/// <summary>Requests between services over the bus.</summary>
public static class BusRequests
{
    const int MaxAttempts = 2;
    static readonly RequestTimeout ResponseTimeout = RequestTimeout.After(ms: 1500);

    /// <summary>
    /// Repeats a request without a response: the process's response queue is created with the first request and may miss its response.
    /// </summary>
    public static async Task<TAnswer> Ask<TQuestion, TAnswer>(
        this IBus bus, Uri address, TQuestion question, CancellationToken cancellationToken)
        where TQuestion : class
        where TAnswer : class
    {
        for (var n = 1; ; n++)
        {
            try
            {
                return (await bus.CreateRequestClient<TQuestion>(address, ResponseTimeout)
                    .GetResponse<TAnswer>(question, cancellationToken)).Message;
            }
            catch (RequestTimeoutException) when (n < MaxAttempts)
            {
                // Repeated below
            }
        }
    }
}
