using MassTransit;

namespace JobSystem.ServiceDefaults;

/// <summary>Questions from service to service, over the bus.</summary>
public static class BusRequests
{
    private const int Tries = 2;
    private static readonly RequestTimeout Patience = RequestTimeout.After(ms: 1500);

    /// <summary>Asks again when there is no answer: the process's queue for answers comes into being with its first question, and may miss the answer to it.</summary>
    public static async Task<TAnswer> Ask<TQuestion, TAnswer>(this IBus bus, Uri address, TQuestion question, CancellationToken cancellationToken)
        where TQuestion : class
        where TAnswer : class
    {
        for (var n = 1; ; n++)
        {
            try
            {
                return (await bus.CreateRequestClient<TQuestion>(address, Patience).GetResponse<TAnswer>(question, cancellationToken)).Message;
            }
            catch (RequestTimeoutException) when (n < Tries)
            {
                // Once more
            }
        }
    }
}
