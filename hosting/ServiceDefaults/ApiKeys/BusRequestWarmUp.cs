using JobSystem.ServiceDefaults.Duties;

namespace JobSystem.ServiceDefaults.ApiKeys;

/// <summary>
/// Asks about no key at all until there is an answer. The process's queue for answers comes into being with its first question, and that
/// takes seconds which no caller should wait.
/// </summary>
sealed class BusRequestWarmUp(IApiKeySource source) : BackgroundDuty
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    bool isAnswered;

    protected internal override TimeSpan LongestPause => TimeSpan.FromSeconds(1);

    protected internal override Task Wait(CancellationToken stoppingToken) =>
        isAnswered ? Task.Delay(Timeout.Infinite, stoppingToken) : Task.CompletedTask;

    /// <summary>Until JobApi or the broker is available, callers get a 503.</summary>
    protected internal override async Task Work(CancellationToken stoppingToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        deadline.CancelAfter(Patience);
        await source.Find([], deadline.Token).WaitAsync(deadline.Token);
        isAnswered = true;
    }
}
