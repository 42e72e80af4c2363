using Microsoft.Extensions.Hosting;

namespace JobSystem.ServiceDefaults.Access;

/// <summary>
/// Asks about no key at all until there is an answer. The process's queue for answers comes into being with its first question, and that
/// takes seconds which no caller should wait.
/// </summary>
internal sealed class FirstQuestion(IApiKeySource source, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!await IsAnswered(stoppingToken))
        {
            await Task.Delay(Pause, time, stoppingToken);
        }
    }

    private async Task<bool> IsAnswered(CancellationToken stoppingToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        deadline.CancelAfter(Patience);
        try
        {
            await source.Find([], deadline.Token).WaitAsync(deadline.Token);
            return true;
        }
        catch (Exception) when (!stoppingToken.IsCancellationRequested)
        {
            // JobApi or the broker is still to come; callers are told so themselves
            return false;
        }
    }
}
