namespace JobSystem.Monitoring.Alerts;

/// <summary>Whether this instance tells the webhooks, where several instances have all services.</summary>
/// <param name="hold">Takes the turn, or keeps it, for so long; false while another instance has it.</param>
public sealed class AlertTurn(Func<TimeSpan, CancellationToken, Task<bool>> hold)
{
    bool? isOurs;

    /// <summary>For the only instance.</summary>
    public static AlertTurn Always { get; } = new((_, _) => Task.FromResult(true));

    /// <summary>Takes the turn, or keeps it. Where it cannot be known whose it is, it stays as it was, and is ours at first.</summary>
    /// <param name="time">How long other instances leave it to this one.</param>
    /// <returns>Whether it is ours, and whether it was.</returns>
    public async Task<(bool IsOurs, bool WasOurs)> Take(TimeSpan time, CancellationToken cancellationToken)
    {
        var was = isOurs;
        try
        {
            isOurs = await hold(time, cancellationToken);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // What is known of the database's absence is to be told too
            isOurs ??= true;
        }
        return (isOurs.Value, was ?? false);
    }
}
