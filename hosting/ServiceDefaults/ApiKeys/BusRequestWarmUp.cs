using JobSystem.ServiceDefaults.Duties;

namespace JobSystem.ServiceDefaults.ApiKeys;

/// <summary>
/// Sends look-ups without keys until one is answered. The process's response queue is created with its first request, which takes seconds;
/// no caller should wait for that.
/// </summary>
sealed class BusRequestWarmUp(IApiKeySource source) : BackgroundDuty
{
    static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(5);
    bool isAnswered;

    protected internal override TimeSpan LongestPause => TimeSpan.FromSeconds(1);

    protected internal override Task Wait(CancellationToken stoppingToken) =>
        isAnswered ? Task.Delay(Timeout.Infinite, stoppingToken) : Task.CompletedTask;

    /// <summary>Until JobApi or the broker is available, callers get a 503.</summary>
    protected internal override async Task Work(CancellationToken stoppingToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        deadline.CancelAfter(RequestTimeout);
        await source.Find([], deadline.Token).WaitAsync(deadline.Token);
        isAnswered = true;
    }
}
