using System.Threading.Channels;
using JobSystem.Contracts;
using JobSystem.Worker.Transport;
using Microsoft.Extensions.Logging;

namespace JobSystem.Worker.Intake;

/// <summary>Sends requests to JobApi one after another: what becomes free while one is under way is combined in the next.</summary>
sealed partial class RequestSender : IDisposable
{
    static readonly TimeSpan retryAfter = TimeSpan.FromSeconds(0.5);

    readonly AttemptRequests requests;
    readonly IWorkerTransport transport;
    readonly TimeProvider time;
    readonly ILogger<RequestSender> logger;
    readonly Channel<bool> signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    readonly ITimer renewal;

    public RequestSender(AttemptRequests requests, IWorkerTransport transport, TimeProvider time, ILogger<RequestSender> logger)
    {
        (this.requests, this.transport, this.time, this.logger) = (requests, transport, time, logger);
        requests.OnDemandChanged = Wake;
        renewal = time.CreateTimer(_ => Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Why the last request could not be sent; null if it was sent.</summary>
    public string? UnavailableReason { get; private set; }

    /// <summary>Runs until <see cref="Complete"/> has been called.</summary>
    public async Task Run()
    {
        while (await signal.Reader.WaitToReadAsync())
        {
            signal.Reader.TryRead(out _);
            while (requests.CreateNext() is { } request)
            {
                await Send(request);
            }
            renewal.Change(requests.UntilRenewal, Timeout.InfiniteTimeSpan);
        }
    }

    public void Complete() => signal.Writer.TryComplete();

    public void Dispose() => renewal.Dispose();

    void Wake() => signal.Writer.TryWrite(true);

    async Task Send(RequestAttempts request)
    {
        try
        {
            await transport.Send(request);
            UnavailableReason = null;
        }
        catch (Exception exception)
        {
            if (UnavailableReason is null)
            {
                LogUnsent(exception);
            }
            UnavailableReason = exception.Message;
            await Task.Delay(retryAfter, time);
            // It may have arrived all the same, so the next one replaces it
            requests.RenewAll();
        }
    }

    [LoggerMessage(5011, LogLevel.Warning, "Could not request attempts, retrying")]
    partial void LogUnsent(Exception exception);
}
